/** TCP (RFC 9293 §3.1). Left out: the options, and the checksum, which offload leaves unset. */
import { malformedIndex } from '../malformed.ts'
import { readInt32, readUint16 } from '../octets.ts'
import type { Packet } from '../packet.ts'
import { skipHeader } from '../payload.ts'

const SOURCE_PORT = 0
const DESTINATION_PORT = 2
const SEQUENCE = 4
const ACKNOWLEDGEMENT = 8
const DATA_OFFSET = 12
const FLAGS = 13
const WINDOW = 14
const MINIMUM_LENGTH = 20
const PORTS_LENGTH = 4
/** Of a header that the capture cut, so much holds all that is read. */
const READ_LENGTH = 16

const TRUNCATED = malformedIndex('tcp-truncated')
const BAD_HEADER_LENGTH = malformedIndex('tcp-header-length')

/** Decodes a TCP header; of a cut one the ports are kept, which is what ICMP errors quote. */
export function decodeTcp(packet: Packet): void {
  const buffer = packet.buffer
  const at = packet.payloadOffset
  if (packet.payloadLength < MINIMUM_LENGTH || packet.payloadCaptured < READ_LENGTH) {
    decodeCutTcp(packet)
    return
  }
  packet.sourcePort = readUint16(buffer, at + SOURCE_PORT)
  packet.destinationPort = readUint16(buffer, at + DESTINATION_PORT)
  const headerLength = (buffer[at + DATA_OFFSET]! >>> 4) * 4
  if (headerLength < MINIMUM_LENGTH || headerLength > packet.payloadLength) {
    packet.malformed = BAD_HEADER_LENGTH
    return
  }
  packet.tcpSequence = readInt32(buffer, at + SEQUENCE) >>> 0
  packet.tcpAcknowledgement = readInt32(buffer, at + ACKNOWLEDGEMENT) >>> 0
  packet.tcpFlags = buffer[at + FLAGS]!
  packet.tcpWindow = readUint16(buffer, at + WINDOW)
  skipHeader(packet, headerLength)
}

function decodeCutTcp(packet: Packet): void {
  packet.malformed = TRUNCATED
  if (packet.payloadCaptured < PORTS_LENGTH) return
  packet.sourcePort = readUint16(packet.buffer, packet.payloadOffset + SOURCE_PORT)
  packet.destinationPort = readUint16(packet.buffer, packet.payloadOffset + DESTINATION_PORT)
}

/**
 * Finds the flags in a later fragment where the first was cut before them.
 *
 * Eight-byte fragments (`nmap -f`) hide the SYN from whoever looks at first fragments only.
 */
export function decodeLaterTcpFragment(packet: Packet): void {
  const place = FLAGS - packet.fragmentOffset
  if (place < 0 || packet.payloadCaptured <= place) return
  packet.tcpFlags = packet.buffer[packet.payloadOffset + place]!
}
