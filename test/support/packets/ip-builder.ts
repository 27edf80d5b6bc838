/** The IP layers of the packet builder: IPv4 with options and fragments, IPv6 with extension headers. */
import {
  addressBytes,
  checksum,
  concat,
  uint16,
  uint32,
  type IpPayload,
  type LinkPayload,
} from './packet-builder.ts'

export interface Ipv4Fields {
  readonly source: string
  readonly destination: string
  readonly ttl?: number
  readonly identification?: number
  /** In bytes, a multiple of eight. */
  readonly fragmentOffset?: number
  readonly moreFragments?: boolean
  /** Header options; padded to a multiple of four. */
  readonly options?: Uint8Array
  /** Overrides the total length field (0 as with segmentation offload). */
  readonly totalLength?: number
  /** Of the transport's bytes, only those in this range (for fragments). */
  readonly slice?: readonly [number, number]
}

/** Wraps a transport into IPv4 (RFC 791). */
export function ipv4(fields: Ipv4Fields, payload: IpPayload): LinkPayload {
  const addresses = concat(addressBytes(fields.source), addressBytes(fields.destination))
  const given = fields.options ?? new Uint8Array(0)
  const options = concat(given, new Uint8Array((4 - (given.length % 4)) % 4))
  const whole = payload.bytesFor(addresses)
  const body = fields.slice === undefined ? whole : whole.slice(...fields.slice)
  const headerLength = 20 + options.length
  const length = fields.totalLength ?? headerLength + body.length
  const fragment = ((fields.fragmentOffset ?? 0) >>> 3) | (fields.moreFragments ? 0x2000 : 0)
  const head = concat(
    new Uint8Array([0x40 | (headerLength / 4), 0]),
    uint16(length),
    uint16(fields.identification ?? 0x1234),
    uint16(fragment),
    new Uint8Array([fields.ttl ?? 64, payload.protocol]),
    uint16(0),
    addresses,
    options,
  )
  head.set(uint16(checksum(head)), 10)
  return { etherType: 0x0800, bytes: concat(head, body) }
}

export interface Ipv6Fields {
  readonly source: string
  readonly destination: string
  readonly hopLimit?: number
  /** Overrides the payload length field. */
  readonly payloadLength?: number
}

/** Wraps a transport, or an extension header before one, into IPv6 (RFC 8200). */
export function ipv6(fields: Ipv6Fields, payload: IpPayload): LinkPayload {
  const addresses = concat(addressBytes(fields.source), addressBytes(fields.destination))
  const body = payload.bytesFor(addresses)
  const length = uint16(fields.payloadLength ?? body.length)
  const head = concat(
    new Uint8Array([0x60, 0, 0, 0]),
    length,
    new Uint8Array([payload.protocol, fields.hopLimit ?? 64]),
    addresses,
  )
  return { etherType: 0x86dd, bytes: concat(head, body) }
}

/** Puts an extension header (hop-by-hop 0, routing 43, destination options 60) before a transport. */
export function ipv6Extension(header: number, payload: IpPayload, units = 0): IpPayload {
  const body = new Uint8Array(8 * (units + 1))
  body[0] = payload.protocol
  body[1] = units
  return { protocol: header, bytesFor: (pseudo) => concat(body, payload.bytesFor(pseudo)) }
}

/** Puts an authentication header (RFC 4302) before a transport. */
export function ipv6Authentication(payload: IpPayload): IpPayload {
  const body = new Uint8Array(24)
  body[0] = payload.protocol
  body[1] = 4
  return { protocol: 51, bytesFor: (pseudo) => concat(body, payload.bytesFor(pseudo)) }
}

/** Cuts one fragment (RFC 8200 §4.5) out of a transport's bytes, from `offset` up to `end`. */
export function ipv6Fragment(
  fields: { offset: number; end?: number; more: boolean; identification?: number },
  payload: IpPayload,
): IpPayload {
  const placed = uint16(fields.offset | (fields.more ? 1 : 0))
  const identification = uint32(fields.identification ?? 0x1234)
  const head = concat(new Uint8Array([payload.protocol, 0]), placed, identification)
  return {
    protocol: 44,
    bytesFor: (pseudo) => concat(head, payload.bytesFor(pseudo).slice(fields.offset, fields.end)),
  }
}
