/** The tunnels of the packet builder: each wraps a whole packet into what an IP header can carry. */
import {
  bytesOf,
  concat,
  ipData,
  udp,
  uint16,
  uint32,
  type Content,
  type IpPayload,
  type LinkPayload,
} from './packet-builder.ts'

export interface GreFields {
  readonly checksum?: boolean
  readonly key?: number
  readonly sequence?: number
  /** Bits to set besides those of the fields above. */
  readonly flags?: number
}

/** Wraps an IP packet, or with EtherType 0x6558 an Ethernet frame, into GRE (RFC 2784, RFC 2890). */
export function gre(payload: LinkPayload, fields: GreFields = {}): IpPayload {
  const { checksum = false, key, sequence, flags = 0 } = fields
  const bits = (checksum ? 0x8000 : 0) | (key === undefined ? 0 : 0x2000)
  const head = concat(
    uint16(bits | (sequence === undefined ? 0 : 0x1000) | flags),
    uint16(payload.etherType),
    checksum ? uint32(0xbeef0000) : new Uint8Array(0),
    key === undefined ? new Uint8Array(0) : uint32(key),
    sequence === undefined ? new Uint8Array(0) : uint32(sequence),
  )
  return ipData(47, concat(head, payload.bytes))
}

/** Makes an Ethernet frame what GRE bridges. */
export function bridged(frame: Uint8Array): LinkPayload {
  return { etherType: 0x6558, bytes: frame }
}

/** Wraps an IP packet into GTP-U (3GPP TS 29.281); `optional` stands before the packet. */
export function gtp(
  payload: LinkPayload,
  fields: { flags?: number; type?: number; optional?: Uint8Array } = {},
): IpPayload {
  const { flags = 0x30, type = 0xff, optional = new Uint8Array(0) } = fields
  const head = concat(new Uint8Array([flags, type]), uint16(payload.bytes.length), uint32(7))
  const content = concat(head, optional, payload.bytes)
  return udp({ sourcePort: 2152, destinationPort: 2152, payload: content })
}

/** Wraps an Ethernet frame into VXLAN (RFC 7348). */
export function vxlan(
  frame: Uint8Array,
  fields: { identifier?: number; head?: Uint8Array; port?: number } = {},
): IpPayload {
  const { identifier = 42, port = 4789 } = fields
  const head = fields.head ?? concat(uint32(0x08000000), uint32(identifier << 8))
  return udp({ sourcePort: 50000, destinationPort: port, payload: concat(head, frame) })
}

/** Wraps an IP packet, or with EtherType 0x6558 an Ethernet frame, into Geneve (RFC 8926). */
export function geneve(
  payload: LinkPayload,
  fields: { options?: number; flags?: number; port?: number } = {},
): IpPayload {
  const { options = 0, flags = 0, port = 6081 } = fields
  const head = concat(new Uint8Array([options, flags]), uint16(payload.etherType), uint32(42 << 8))
  const content = concat(head, new Uint8Array(options * 4), payload.bytes)
  return udp({ sourcePort: 50000, destinationPort: port, payload: content })
}

/** Wraps an Ethernet frame into ERSPAN of a type. */
export function erspan(frame: Uint8Array, type: 1 | 2 | 3, hasPlatform = false): IpPayload {
  if (type === 1) return gre({ etherType: 0x88be, bytes: frame })
  const head = new Uint8Array(type === 2 ? 8 : hasPlatform ? 20 : 12)
  head[0] = (type - 1) << 4
  if (hasPlatform) head[11] = 1
  const etherType = type === 2 ? 0x88be : 0x22eb
  return gre({ etherType, bytes: concat(head, frame) }, { sequence: 1 })
}

/** Wraps an IP packet straight into IP: protocol 4 or 41 by its version. */
export function ipInIp(payload: LinkPayload): IpPayload {
  return ipData(payload.etherType === 0x0800 ? 4 : 41, payload.bytes)
}

/** Wraps an IPv6 packet into Teredo (RFC 4380), behind whatever indications. */
export function teredo(payload: LinkPayload, ...indications: readonly Content[]): IpPayload {
  const before = indications.map(bytesOf)
  return udp({ destinationPort: 3544, payload: concat(...before, payload.bytes) })
}

/** The authentication indication of a Teredo datagram, with an identifier and a value of these lengths. */
export function teredoAuthentication(identifierLength = 0, valueLength = 0): Uint8Array {
  const lengths = new Uint8Array([identifierLength, valueLength])
  return concat(uint16(1), lengths, new Uint8Array(identifierLength + valueLength + 9))
}

/** The origin indication of a Teredo datagram. */
export function teredoOrigin(): Uint8Array {
  return concat(uint16(0), uint16(0x6378), uint32(0xff00fdfe))
}
