/** ICMP (RFC 792) and ICMPv6 (RFC 4443): type and code stand where others have ports. */
import { malformedIndex } from '../malformed.ts'
import { readUint16 } from '../octets.ts'
import type { Packet } from '../packet.ts'
import { skipHeader } from '../payload.ts'

const TYPE = 0
const CODE = 1
const IDENTIFIER = 4
const HEADER_LENGTH = 8

const TRUNCATED = malformedIndex('icmp-truncated')

/** Decodes an ICMP or ICMPv6 header; an error's payload is the packet it speaks of. */
export function decodeIcmp(packet: Packet): void {
  if (packet.payloadCaptured < HEADER_LENGTH) {
    packet.malformed = TRUNCATED
    return
  }
  const at = packet.payloadOffset
  packet.sourcePort = packet.buffer[at + TYPE]!
  packet.destinationPort = packet.buffer[at + CODE]!
  packet.icmpIdentifier = readUint16(packet.buffer, at + IDENTIFIER)
  skipHeader(packet, HEADER_LENGTH)
}
