/** Ethernet II (IEEE 802.3 §3.2.6). Left out: 802.3 length frames (LLC), which are `OTHER`. */
import { malformedIndex } from '../malformed.ts'
import { readUint16, readUint48 } from '../octets.ts'
import type { Packet } from '../packet.ts'
import { skipHeader } from '../payload.ts'
import { decodeEtherType } from './ether-type.ts'

const DESTINATION = 0
const SOURCE = 6
const TYPE = 12
const HEADER_LENGTH = 14

const TRUNCATED = malformedIndex('link-truncated')

/** Decodes an Ethernet frame and what it carries. */
export function decodeEthernet(packet: Packet): void {
  if (packet.payloadCaptured < HEADER_LENGTH) {
    packet.malformed = TRUNCATED
    return
  }
  const buffer = packet.buffer
  const at = packet.payloadOffset
  packet.destinationMac = readUint48(buffer, at + DESTINATION)
  packet.sourceMac = readUint48(buffer, at + SOURCE)
  skipHeader(packet, HEADER_LENGTH)
  decodeEtherType(packet, readUint16(buffer, at + TYPE))
}
