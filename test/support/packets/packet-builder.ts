/**
 * Builds packets for tests, layer in layer, with right lengths and checksums unless told otherwise.
 *
 * `ethernet(ipv4({ source: '10.0.0.1', destination: '10.0.0.2' }, tcp({ destinationPort: 80, flags: 'S' })))`
 */
import { LinkType, type Frame } from '../../../src/capture/source.ts'
import { parseAddress } from '../../../src/net/address.ts'
import { TcpFlag } from '../../../src/net/protocol.ts'

/** What an Ethernet, SLL or VLAN header can carry. */
export interface LinkPayload {
  readonly etherType: number
  readonly bytes: Uint8Array
}

/** What an IP header can carry; the pseudo header (addresses) is known only when IP wraps it. */
export interface IpPayload {
  readonly protocol: number
  /** `pseudo` holds source and destination address. */
  bytesFor(pseudo: Uint8Array): Uint8Array
}

/** Bytes, or text to be taken as Latin-1. */
export type Content = Uint8Array | string

/** Joins pieces into one array. */
export function concat(...pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces))
}

/** Returns bytes of text (Latin-1), or the bytes themselves. */
export function bytesOf(content: Content): Uint8Array {
  return typeof content === 'string' ? new Uint8Array(Buffer.from(content, 'latin1')) : content
}

/** Reads `00:11:22:33:44:55`. */
export function macBytes(text: string): Uint8Array {
  return new Uint8Array(text.split(':').map((octet) => Number.parseInt(octet, 16)))
}

/** Returns the 4 or 16 bytes of an address in network order. */
export function addressBytes(text: string): Uint8Array {
  const address = parseAddress(text)
  if (address === null) throw new Error(`not an address: ${text}`)
  const words = address.family === 4 ? address.words.slice(3) : address.words
  return concat(...words.map((word) => uint32(word)))
}

/** Two bytes in network order. */
export function uint16(value: number): Uint8Array {
  return new Uint8Array([(value >>> 8) & 255, value & 255])
}

/** Four bytes in network order. */
export function uint32(value: number): Uint8Array {
  return concat(uint16(value >>> 16), uint16(value & 0xffff))
}

/** The internet checksum (RFC 1071). */
export function checksum(bytes: Uint8Array): number {
  let sum = 0
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at]! << 8) | (bytes[at + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

/** Wraps a payload into an Ethernet II frame; `padTo` adds trailing zeros up to that length. */
export function ethernet(
  payload: LinkPayload,
  options: { source?: string; destination?: string; padTo?: number } = {},
): Uint8Array {
  const { source = '02:00:00:00:00:01', destination = '02:00:00:00:00:02', padTo = 0 } = options
  const type = uint16(payload.etherType)
  const frame = concat(macBytes(destination), macBytes(source), type, payload.bytes)
  return concat(frame, new Uint8Array(Math.max(0, padTo - frame.length)))
}

/** Puts an 802.1Q tag (or, with `tpid` 0x88a8, an 802.1ad one) before a payload. */
export function vlan(id: number, payload: LinkPayload, tpid = 0x8100): LinkPayload {
  return { etherType: tpid, bytes: concat(uint16(id), uint16(payload.etherType), payload.bytes) }
}

/** Wraps a payload into a Linux cooked header (LINKTYPE_LINUX_SLL). */
export function linuxSll(
  payload: LinkPayload,
  { type = 0, source = '02:00:00:00:00:01' } = {},
): Uint8Array {
  const sender = concat(macBytes(source), new Uint8Array(2))
  const head = concat(uint16(type), uint16(1), uint16(6), sender)
  return concat(head, uint16(payload.etherType), payload.bytes)
}

/** Wraps a payload into a Linux cooked header, second version (LINKTYPE_LINUX_SLL2). */
export function linuxSll2(payload: LinkPayload, { type = 0 } = {}): Uint8Array {
  const sender = concat(macBytes('02:00:00:00:00:01'), new Uint8Array(2))
  const head = concat(uint16(payload.etherType), uint16(0), uint32(2), uint16(1))
  return concat(head, new Uint8Array([type, 6]), sender, payload.bytes)
}

/** Wraps a payload into a BSD loopback header, little-endian unless told otherwise. */
export function nullLoop(payload: LinkPayload, endian: 'little' | 'big' = 'little'): Uint8Array {
  const family = uint32(payload.etherType === 0x0800 ? 2 : 30)
  return concat(endian === 'big' ? family : family.reverse(), payload.bytes)
}

/** Puts MPLS labels before a payload (RFC 3032). */
export function mpls(payload: LinkPayload, ...labels: readonly number[]): LinkPayload {
  const stack = labels.map((label, index) => {
    const isBottom = index === labels.length - 1
    return uint32(((label << 12) | (isBottom ? 0x100 : 0) | 64) >>> 0)
  })
  return { etherType: 0x8847, bytes: concat(...stack, payload.bytes) }
}

/** Wraps a payload into PPP (RFC 1661), with HDLC's framing or without, its protocol in two octets or in one. */
export function ppp(payload: LinkPayload, { isFramed = true, isShort = false } = {}): Uint8Array {
  const protocol = payload.etherType === 0x0800 ? 0x21 : 0x57
  const framing = new Uint8Array(isFramed ? [0xff, 0x03] : [])
  return concat(framing, isShort ? new Uint8Array([protocol]) : uint16(protocol), payload.bytes)
}

/** Wraps a payload into a PPPoE session frame's payload (RFC 2516). */
export function pppoe(payload: LinkPayload): LinkPayload {
  const ppp = uint16(payload.etherType === 0x0800 ? 0x0021 : 0x0057)
  const head = concat(new Uint8Array([0x11, 0]), uint16(7), uint16(payload.bytes.length + 2))
  return { etherType: 0x8864, bytes: concat(head, ppp, payload.bytes) }
}

export interface ArpFields {
  readonly operation: number
  readonly senderMac: string
  readonly sender: string
  readonly targetMac?: string
  readonly target: string
}

/** Builds an ARP packet for IPv4 over Ethernet (RFC 826). */
export function arp(fields: ArpFields): LinkPayload {
  const { operation, senderMac, sender, targetMac = '00:00:00:00:00:00', target } = fields
  const head = concat(uint16(1), uint16(0x0800), new Uint8Array([6, 4]), uint16(operation))
  const from = concat(macBytes(senderMac), addressBytes(sender))
  return {
    etherType: 0x0806,
    bytes: concat(head, from, macBytes(targetMac), addressBytes(target)),
  }
}

export interface TcpFields {
  readonly sourcePort?: number
  readonly destinationPort?: number
  /** Letters out of FSRPAUEC. */
  readonly flags?: string
  readonly sequence?: number
  readonly acknowledgement?: number
  readonly window?: number
  /** Header options; padded to a multiple of four. */
  readonly options?: Uint8Array
  readonly payload?: Content
}

const FLAG_LETTERS: Readonly<Record<string, number>> = {
  F: TcpFlag.FIN,
  S: TcpFlag.SYN,
  R: TcpFlag.RST,
  P: TcpFlag.PSH,
  A: TcpFlag.ACK,
  U: TcpFlag.URG,
  E: TcpFlag.ECE,
  C: TcpFlag.CWR,
}

/** Reads flag letters (`SA`) as the bits of the TCP header. */
export function tcpFlags(letters: string): number {
  return [...letters].reduce((bits, letter) => bits | FLAG_LETTERS[letter]!, 0)
}

/** Builds a TCP segment (RFC 9293). */
export function tcp(fields: TcpFields = {}): IpPayload {
  const { sourcePort = 40000, destinationPort = 80, flags = 'A', window = 64240 } = fields
  const given = fields.options ?? new Uint8Array(0)
  const options = concat(given, new Uint8Array((4 - (given.length % 4)) % 4))
  const offset = new Uint8Array([((20 + options.length) / 4) << 4, tcpFlags(flags)])
  const numbers = concat(uint32(fields.sequence ?? 1), uint32(fields.acknowledgement ?? 0))
  const head = concat(uint16(sourcePort), uint16(destinationPort), numbers, offset, uint16(window))
  const rest = concat(uint16(0), options, bytesOf(fields.payload ?? ''))
  return withChecksum(6, 16, concat(head, uint16(0), rest))
}

export interface UdpFields {
  readonly sourcePort?: number
  readonly destinationPort?: number
  /** Overrides the length field. */
  readonly length?: number
  readonly payload?: Content
}

/** Builds a UDP datagram (RFC 768). */
export function udp(fields: UdpFields = {}): IpPayload {
  const { sourcePort = 40000, destinationPort = 53 } = fields
  const payload = bytesOf(fields.payload ?? '')
  const ports = concat(uint16(sourcePort), uint16(destinationPort))
  const length = uint16(fields.length ?? 8 + payload.length)
  return withChecksum(17, 6, concat(ports, length, uint16(0), payload))
}

export interface IcmpFields {
  readonly type: number
  readonly code?: number
  readonly identifier?: number
  readonly sequence?: number
  /** For errors: the packet they speak of. */
  readonly payload?: Content
}

/** Builds an ICMP message (RFC 792). */
export function icmp(fields: IcmpFields): IpPayload {
  return withChecksum(1, 2, icmpBytes(fields))
}

/** Builds an ICMPv6 message (RFC 4443). */
export function icmp6(fields: IcmpFields): IpPayload {
  return withChecksum(58, 2, icmpBytes(fields))
}

function icmpBytes(fields: IcmpFields): Uint8Array {
  const head = concat(new Uint8Array([fields.type, fields.code ?? 0]), uint16(0))
  const rest = concat(uint16(fields.identifier ?? 0), uint16(fields.sequence ?? 0))
  return concat(head, rest, bytesOf(fields.payload ?? ''))
}

/** Carries any bytes under any IP protocol number. */
export function ipData(protocol: number, content: Content = ''): IpPayload {
  return { protocol, bytesFor: () => bytesOf(content) }
}

function withChecksum(protocol: number, at: number, bytes: Uint8Array): IpPayload {
  return {
    protocol,
    bytesFor(pseudo) {
      const built = bytes.slice()
      const length = concat(uint32(bytes.length), uint32(protocol))
      const isIcmp = protocol === 1
      const sum = checksum(isIcmp ? built : concat(pseudo, length, built))
      built.set(uint16(protocol === 17 && sum === 0 ? 0xffff : sum), at)
      return built
    },
  }
}

export interface FrameFields {
  readonly timestampUs?: number
  readonly linkType?: number
  /** Bytes on the wire when the capture was cut. */
  readonly wireLength?: number
}

/** Makes the Frame that capture would hand on for these bytes. */
export function frameOf(bytes: Uint8Array, fields: FrameFields = {}): Frame {
  return {
    timestampUs: fields.timestampUs ?? 1_700_000_000_000_000,
    linkType: fields.linkType ?? LinkType.ETHERNET,
    buffer: bytes,
    offset: 0,
    capturedLength: bytes.length,
    wireLength: fields.wireLength ?? bytes.length,
  }
}
