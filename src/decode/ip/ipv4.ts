/** IPv4 (RFC 791 §3.1). What a wrong header checksum means is for `DamagedHeaders` to say. */
import { malformedIndex } from '../malformed.ts'
import { readInt32, readUint16 } from '../octets.ts'
import { HeaderChecksum, PacketKind, type Packet } from '../packet.ts'
import { cutPayload, skipHeader } from '../payload.ts'
import { decodeTransport } from '../transport/transport.ts'
import { beginFragment } from './fragment.ts'
import { hasSourceRoute } from './ipv4-options.ts'

const VERSION_AND_LENGTH = 0
const TOTAL_LENGTH = 2
const IDENTIFICATION = 4
const FLAGS_AND_OFFSET = 6
const TTL = 8
const PROTOCOL = 9
const CHECKSUM = 10
const SOURCE = 12
const DESTINATION = 16
const MINIMUM_LENGTH = 20

const MORE_FRAGMENTS = 0x2000
const OFFSET_MASK = 0x1fff

const TRUNCATED = malformedIndex('ipv4-truncated')
const BAD_HEADER_LENGTH = malformedIndex('ipv4-header-length')
const BAD_TOTAL_LENGTH = malformedIndex('ipv4-total-length')

/**
 * Decodes an IPv4 packet and its transport.
 *
 * A total length beyond the frame is counted, and the packet is read all the same: captures cut by other
 * tools state a wrong length on the wire. A total length of 0 is what segmentation offload leaves.
 */
export function decodeIpv4(packet: Packet): void {
  if (packet.payloadCaptured < MINIMUM_LENGTH) {
    packet.malformed = TRUNCATED
    return
  }
  const buffer = packet.buffer
  const at = packet.payloadOffset
  const first = buffer[at + VERSION_AND_LENGTH]!
  const headerLength = (first & 15) * 4
  if (first >>> 4 !== 4 || headerLength < MINIMUM_LENGTH) {
    packet.malformed = BAD_HEADER_LENGTH
    return
  }
  const stated = readUint16(buffer, at + TOTAL_LENGTH)
  const length = stated === 0 ? packet.payloadLength : stated
  if (length < headerLength) {
    packet.malformed = BAD_TOTAL_LENGTH
    return
  }
  if (length > packet.payloadLength) packet.malformed = BAD_TOTAL_LENGTH
  packet.kind = PacketKind.IP
  packet.ipVersion = 4
  packet.ipLength = length
  packet.ttl = buffer[at + TTL]!
  packet.protocol = buffer[at + PROTOCOL]!
  packet.source3 = readInt32(buffer, at + SOURCE)
  packet.destination3 = readInt32(buffer, at + DESTINATION)
  if (packet.tunnelDepth === 0) packet.headerChecksum = checksumOf(packet, headerLength)
  cutPayload(packet, length)
  if (headerLength > MINIMUM_LENGTH) readOptions(packet, headerLength)
  skipHeader(packet, headerLength)
  const fragment = readUint16(buffer, at + FLAGS_AND_OFFSET)
  if ((fragment & (MORE_FRAGMENTS | OFFSET_MASK)) !== 0) {
    packet.fragmentId = readUint16(buffer, at + IDENTIFICATION)
    beginFragment(packet, (fragment & OFFSET_MASK) * 8, (fragment & MORE_FRAGMENTS) !== 0)
  }
  decodeTransport(packet)
}

function readOptions(packet: Packet, headerLength: number): void {
  const at = packet.payloadOffset
  const end = at + Math.min(headerLength, packet.payloadCaptured)
  packet.isSourceRouted = hasSourceRoute(packet.buffer, at + MINIMUM_LENGTH, end)
}

/** Sums the header up (RFC 1071); with the checksum in it the sum is all ones. */
function checksumOf({ buffer, payloadOffset, payloadCaptured }: Packet, length: number): number {
  if (payloadCaptured < length || readUint16(buffer, payloadOffset + CHECKSUM) === 0) {
    return HeaderChecksum.NONE
  }
  let sum = 0
  const end = payloadOffset + length
  for (let at = payloadOffset; at < end; at += 2) sum += readUint16(buffer, at)
  sum = (sum & 0xffff) + (sum >>> 16)
  return sum === 0xffff ? HeaderChecksum.RIGHT : HeaderChecksum.WRONG
}
