/** IPv6 (RFC 8200 §3); its extension headers are in `ipv6-extensions.ts`. */
import { malformedIndex } from '../malformed.ts'
import { readInt32, readUint16 } from '../octets.ts'
import { PacketKind, type Packet } from '../packet.ts'
import { cutPayload, skipHeader } from '../payload.ts'
import { decodeTransport } from '../transport/transport.ts'
import { NO_NEXT_HEADER, peelExtensions } from './ipv6-extensions.ts'

const PAYLOAD_LENGTH = 4
const NEXT_HEADER = 6
const HOP_LIMIT = 7
const SOURCE = 8
const DESTINATION = 24
const HEADER_LENGTH = 40

const TRUNCATED = malformedIndex('ipv6-truncated')

/**
 * Decodes an IPv6 packet, its extension headers and its transport.
 *
 * A payload length of 0 before a header is a jumbogram or segmentation offload (RFC 2675): the frame's
 * own length then counts.
 */
export function decodeIpv6(packet: Packet): void {
  const buffer = packet.buffer
  const at = packet.payloadOffset
  if (packet.payloadCaptured < HEADER_LENGTH || buffer[at]! >>> 4 !== 6) {
    packet.malformed = TRUNCATED
    return
  }
  const nextHeader = buffer[at + NEXT_HEADER]!
  const stated = readUint16(buffer, at + PAYLOAD_LENGTH)
  const isFromFrame = stated === 0 && nextHeader !== NO_NEXT_HEADER
  const length = isFromFrame ? packet.payloadLength : HEADER_LENGTH + stated
  if (length > packet.payloadLength) packet.malformed = TRUNCATED
  packet.kind = PacketKind.IP
  packet.ipVersion = 6
  packet.ipLength = length
  packet.ttl = buffer[at + HOP_LIMIT]!
  packet.source0 = readInt32(buffer, at + SOURCE)
  packet.source1 = readInt32(buffer, at + SOURCE + 4)
  packet.source2 = readInt32(buffer, at + SOURCE + 8)
  packet.source3 = readInt32(buffer, at + SOURCE + 12)
  packet.destination0 = readInt32(buffer, at + DESTINATION)
  packet.destination1 = readInt32(buffer, at + DESTINATION + 4)
  packet.destination2 = readInt32(buffer, at + DESTINATION + 8)
  packet.destination3 = readInt32(buffer, at + DESTINATION + 12)
  cutPayload(packet, length)
  skipHeader(packet, HEADER_LENGTH)
  packet.protocol = nextHeader
  if (peelExtensions(packet)) decodeTransport(packet)
}
