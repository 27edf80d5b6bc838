/** Builds BER elements for tests: SNMP, LDAP, Kerberos, certificates. */
import { bytesOf, concat, type Content } from '../packets/packet-builder.ts'

/** An element of any tag around its pieces. */
export function ber(tag: number, ...pieces: readonly Content[]): Uint8Array {
  const content = concat(...pieces.map(bytesOf))
  const { length } = content
  const octets = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >>> 8, length & 255] // prettier-ignore
  return concat(new Uint8Array([tag, ...octets]), content)
}

export const berSequence = (...pieces: readonly Content[]): Uint8Array => ber(0x30, ...pieces)
export const berText = (text: Content): Uint8Array => ber(0x04, text)

/** A small positive integer. */
export function berInteger(value: number, tag = 0x02): Uint8Array {
  return ber(tag, new Uint8Array(value < 0x80 ? [value] : [0, value]))
}
