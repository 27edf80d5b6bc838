/** UDP (RFC 768). Left out: the checksum, which offload leaves unset. */
import { malformedIndex } from '../malformed.ts'
import { readUint16 } from '../octets.ts'
import type { Packet } from '../packet.ts'
import { cutPayload, skipHeader } from '../payload.ts'

const SOURCE_PORT = 0
const DESTINATION_PORT = 2
const LENGTH = 4
const HEADER_LENGTH = 8
const PORTS_LENGTH = 4

const TRUNCATED = malformedIndex('udp-truncated')
const BAD_LENGTH = malformedIndex('udp-length')

/** Decodes a UDP header; a length of 0 means "up to the end of the IP packet" (RFC 2675 §4). */
export function decodeUdp(packet: Packet): void {
  const buffer = packet.buffer
  const at = packet.payloadOffset
  if (packet.payloadCaptured >= PORTS_LENGTH) {
    packet.sourcePort = readUint16(buffer, at + SOURCE_PORT)
    packet.destinationPort = readUint16(buffer, at + DESTINATION_PORT)
  }
  if (packet.payloadCaptured < HEADER_LENGTH) {
    packet.malformed = TRUNCATED
    return
  }
  const length = readUint16(buffer, at + LENGTH)
  if (length !== 0) {
    const isLong = length > packet.payloadLength
    if (length < HEADER_LENGTH || (isLong && !packet.isFragment)) {
      packet.malformed = BAD_LENGTH
      return
    }
    if (!isLong) cutPayload(packet, length)
  }
  skipHeader(packet, HEADER_LENGTH)
}
