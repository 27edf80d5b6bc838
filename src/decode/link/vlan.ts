/** IEEE 802.1Q tags, alone or stacked (802.1ad). Left out: the priority and drop bits. */
import { malformedIndex } from '../malformed.ts'
import { readUint16 } from '../octets.ts'
import type { Packet } from '../packet.ts'
import { skipHeader } from '../payload.ts'

const CONTROL = 0
const TYPE = 2
const TAG_LENGTH = 4
const IDENTIFIER_MASK = 0x0fff

const TRUNCATED = malformedIndex('vlan-truncated')

/**
 * Takes one tag off and returns the EtherType behind it; -1 when the tag is cut.
 *
 * The outermost identifier is kept; 0 only marks priority, so a tag behind it still counts.
 */
export function peelVlanTag(packet: Packet): number {
  if (packet.payloadCaptured < TAG_LENGTH) {
    packet.malformed = TRUNCATED
    return -1
  }
  const at = packet.payloadOffset
  if (packet.vlan === 0) packet.vlan = readUint16(packet.buffer, at + CONTROL) & IDENTIFIER_MASK
  skipHeader(packet, TAG_LENGTH)
  return readUint16(packet.buffer, at + TYPE)
}
