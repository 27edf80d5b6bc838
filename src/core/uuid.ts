/** UUID version 7: sortable by time, made once per event (RFC 9562 §5.7). */
import { randomFillSync } from 'node:crypto'

const BYTES = 16
/** Random bytes are drawn for so many at once: a call into the system costs as much as all the rest. */
const POOLED = 256
const pool = Buffer.alloc(POOLED * BYTES)
let taken = POOLED

/** Returns a UUIDv7 whose first 48 bits are `unixMs` (milliseconds since the epoch). */
export function uuidv7(unixMs: number): string {
  if (taken === POOLED) {
    randomFillSync(pool)
    taken = 0
  }
  const bytes = pool.subarray(taken * BYTES, (taken + 1) * BYTES)
  taken += 1
  bytes.writeUIntBE(Math.floor(unixMs), 0, 6)
  bytes[6] = 0x70 | (bytes[6]! & 0x0f)
  bytes[8] = 0x80 | (bytes[8]! & 0x3f)
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
