/** Builds DNS messages for tests. */
import {
  addressBytes,
  bytesOf,
  concat,
  uint16,
  uint32,
  type Content,
} from '../packets/packet-builder.ts'

/** Labels and the root; `labels` as they stand, dots and all. */
export function dnsName(...labels: readonly string[]): Uint8Array {
  const parts = labels.map((label) => concat(new Uint8Array([label.length]), bytesOf(label)))
  return concat(...parts, new Uint8Array(1))
}

export interface DnsFields {
  readonly id?: number
  readonly flags?: number
  readonly labels?: readonly string[]
  readonly type?: number
  readonly answers?: readonly Uint8Array[]
  readonly authorities?: readonly Uint8Array[]
  readonly additionals?: readonly Uint8Array[]
}

/** A message with one question; flags 0x0100 ask, 0x8180 answer. */
export function dnsMessage(fields: DnsFields = {}): Uint8Array {
  const { id = 0x1234, flags = 0x0100, labels = ['example', 'com'], type = 1 } = fields
  const { answers = [], authorities = [], additionals = [] } = fields
  const counts = [1, answers.length, authorities.length, additionals.length].map(uint16)
  const question = concat(dnsName(...labels), uint16(type), uint16(1))
  const records = [...answers, ...authorities, ...additionals]
  return concat(uint16(id), uint16(flags), ...counts, question, ...records)
}

/** A record that points to the question for its name. */
export function dnsRecord(type: number, content: Content, ttl = 300): Uint8Array {
  const bytes = bytesOf(content)
  const head = concat(uint16(0xc00c), uint16(type), uint16(1), uint32(ttl))
  return concat(head, uint16(bytes.length), bytes)
}

export const dnsAddress = (address: string): Uint8Array =>
  dnsRecord(address.includes(':') ? 28 : 1, addressBytes(address))

/** EDNS's pseudo record: bytes offered, extended response code, DO bit. */
export function edns(payloadBytes: number, isDnssec = false, upperRcode = 0): Uint8Array {
  const flags = concat(new Uint8Array([upperRcode, 0]), uint16(isDnssec ? 0x8000 : 0))
  return concat(new Uint8Array(1), uint16(41), uint16(payloadBytes), flags, uint16(0))
}
