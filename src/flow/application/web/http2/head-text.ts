/** Header fields of HTTP/2 in the words of HTTP/1, so that what reads the one's heads reads the other's. */
import type { Payload } from '../../payload.ts'
import type { Field } from './hpack.ts'

/** What is read of a head in HTTP/1 too. */
const LONGEST_HEAD = 8192
const MOST_FIELDS = 64

/** Returns a head; null for trailers, and where what makes a request or an answer is missing (RFC 9113 §8.3). */
export function headOf(fields: readonly Field[], isRequest: boolean): Payload | null {
  const first = isRequest ? requestLine(fields) : statusLine(fields)
  if (first === null) return null
  const lines = [first]
  const authority = valueOf(fields, ':authority')
  if (authority !== null) lines.push(`host: ${authority}`)
  let left = LONGEST_HEAD - first.length
  for (const [name, value] of fields.slice(0, MOST_FIELDS)) {
    left -= name.length + value.length
    if (left < 0) break
    if (!name.startsWith(':')) lines.push(`${name}: ${value}`)
  }
  const buffer = Buffer.from(`${lines.map(onOneLine).join('\r\n')}\r\n\r\n`, 'latin1')
  const { length } = buffer
  return { buffer, payloadOffset: 0, payloadCaptured: length, payloadLength: length }
}

function requestLine(fields: readonly Field[]): string | null {
  const method = valueOf(fields, ':method')
  // CONNECT has no path (§8.5).
  const target = valueOf(fields, ':path') ?? valueOf(fields, ':authority')
  return method === null || target === null ? null : `${method} ${target} HTTP/2`
}

function statusLine(fields: readonly Field[]): string | null {
  const status = valueOf(fields, ':status')
  return status === null ? null : `HTTP/2 ${status} `
}

function valueOf(fields: readonly Field[], wanted: string): string | null {
  return fields.find(([name]) => name === wanted)?.[1] ?? null
}

/** A line's end in a value must not begin a field of its own. */
function onOneLine(line: string): string {
  return line.replace(/[\r\n]/g, ' ')
}
