/** SCTP's common header (RFC 9260 §3.1). Left out: the chunks, which are the payload, and the checksum. */
import { malformedIndex } from '../malformed.ts'
import { readUint16 } from '../octets.ts'
import type { Packet } from '../packet.ts'
import { skipHeader } from '../payload.ts'

const SOURCE_PORT = 0
const DESTINATION_PORT = 2
const HEADER_LENGTH = 12
const PORTS_LENGTH = 4

const TRUNCATED = malformedIndex('sctp-truncated')

/** Decodes an SCTP header; an empty packet has no ports, and is what scans of IP protocols send. */
export function decodeSctp(packet: Packet): void {
  if (packet.payloadLength === 0) return
  if (packet.payloadCaptured >= PORTS_LENGTH) {
    packet.sourcePort = readUint16(packet.buffer, packet.payloadOffset + SOURCE_PORT)
    packet.destinationPort = readUint16(packet.buffer, packet.payloadOffset + DESTINATION_PORT)
  }
  if (packet.payloadCaptured < HEADER_LENGTH) packet.malformed = TRUNCATED
  else skipHeader(packet, HEADER_LENGTH)
}
