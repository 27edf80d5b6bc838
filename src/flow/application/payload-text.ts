/** Compares payload bytes with text, within what was captured. */
import { APPLICATIONS, type Application } from '../flow.ts'
import type { Packet } from '../../decode/index.ts'

/** Returns the number under which a flow carries an application; look it up once, at load. */
export function applicationIndex(application: Application): number {
  return APPLICATIONS.indexOf(application)
}

/** Turns text into the bytes `startsWith` compares with; call it once, at load. */
export function pattern(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0))
}

/** Says whether the payload, from `skip` on, begins with these bytes. */
export function startsWith(packet: Packet, bytes: Uint8Array, skip = 0): boolean {
  if (packet.payloadCaptured < skip + bytes.length) return false
  const { buffer } = packet
  const from = packet.payloadOffset + skip
  for (let index = 0; index < bytes.length; index += 1) {
    if (buffer[from + index] !== bytes[index]) return false
  }
  return true
}

/** Returns the payload's byte at `index`; -1 where nothing was captured. */
export function byteAt(packet: Packet, index: number): number {
  return index < packet.payloadCaptured ? packet.buffer[packet.payloadOffset + index]! : -1
}

/** Returns the 16-bit integer at `index` in network order; -1 where it was not captured. */
export function uint16At(packet: Packet, index: number): number {
  if (index + 2 > packet.payloadCaptured) return -1
  const at = packet.payloadOffset + index
  return (packet.buffer[at]! << 8) | packet.buffer[at + 1]!
}
