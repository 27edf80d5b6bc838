/**
 * IPv6 extension headers (RFC 8200 §4, RFC 4302, RFC 6275, RFC 7401, RFC 5533): walked, not judged.
 *
 * A route that the sender chose is noted (type 0, RFC 5095). Left out: the options in them. ESP hides what follows and ends the walk as the transport.
 */
import { malformedIndex } from '../malformed.ts'
import { readInt32, readUint16 } from '../octets.ts'
import type { Packet } from '../packet.ts'
import { skipHeader } from '../payload.ts'
import { beginFragment } from './fragment.ts'

const HOP_BY_HOP = 0
const ROUTING = 43
const FRAGMENT = 44
const AUTHENTICATION = 51
/** The chain ends with nothing behind it. */
export const NO_NEXT_HEADER = 59
const DESTINATION_OPTIONS = 60
const MOBILITY = 135
const HIP = 139
const SHIM6 = 140

const NEXT_HEADER = 0
const LENGTH = 1
const ROUTING_TYPE = 2
const SEGMENTS_LEFT = 3
const FRAGMENT_PLACE = 2
const FRAGMENT_IDENTIFICATION = 4
const UNIT = 8

/** Longer chains exist only to tire or to blind the reader (RFC 7112). */
const MOST_HEADERS = 10

const BAD_EXTENSION = malformedIndex('ipv6-extension')

/**
 * Takes the extension headers off, leaving the transport's number in `packet.protocol`.
 *
 * Returns false, with the reason set, when the chain is broken, too long or cut.
 */
export function peelExtensions(packet: Packet): boolean {
  for (let count = 0; isExtension(packet.protocol); count += 1) {
    if (count === MOST_HEADERS || packet.payloadCaptured < UNIT) return refuse(packet)
    const at = packet.payloadOffset
    const header = packet.protocol
    const length = headerLength(header, packet.buffer[at + LENGTH]!)
    if (length > packet.payloadLength) return refuse(packet)
    packet.protocol = packet.buffer[at + NEXT_HEADER]!
    skipHeader(packet, length)
    if (header === FRAGMENT) readFragment(packet, at)
    else if (header === ROUTING) packet.isSourceRouted = isChosenRoute(packet, at)
    // What follows a later fragment's header is the middle of something, not a header.
    if (packet.isLaterFragment) return true
  }
  return true
}

function isExtension(header: number): boolean {
  switch (header) {
    case HOP_BY_HOP:
    case ROUTING:
    case FRAGMENT:
    case AUTHENTICATION:
    case DESTINATION_OPTIONS:
    case MOBILITY:
    case HIP:
    case SHIM6:
      return true
    default:
      return false
  }
}

function headerLength(header: number, field: number): number {
  if (header === FRAGMENT) return UNIT
  return header === AUTHENTICATION ? (field + 2) * 4 : (field + 1) * UNIT
}

/** Routes of other types are laid by operators within their own networks, or lead a mobile host home. */
function isChosenRoute({ buffer }: Packet, at: number): boolean {
  return buffer[at + ROUTING_TYPE] === 0 && buffer[at + SEGMENTS_LEFT]! > 0
}

function readFragment(packet: Packet, at: number): void {
  const place = readUint16(packet.buffer, at + FRAGMENT_PLACE)
  // Offset 0 without "more" is an atomic fragment: a whole packet (RFC 6946).
  if ((place & 0xfff9) === 0) return
  packet.fragmentId = readInt32(packet.buffer, at + FRAGMENT_IDENTIFICATION)
  beginFragment(packet, place & 0xfff8, (place & 1) !== 0)
}

function refuse(packet: Packet): false {
  packet.malformed = BAD_EXTENSION
  return false
}
