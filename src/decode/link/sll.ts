/** Linux "cooked" captures, as on the `any` device: LINKTYPE_LINUX_SLL and LINKTYPE_LINUX_SLL2. */
import { malformedIndex } from '../malformed.ts'
import { readUint16, readUint48 } from '../octets.ts'
import type { Packet } from '../packet.ts'
import { skipHeader } from '../payload.ts'
import { decodeEtherType } from './ether-type.ts'

const SLL_TYPE = 0
const SLL_ADDRESS_LENGTH = 4
const SLL_ADDRESS = 6
const SLL_PROTOCOL = 14
const SLL_HEADER_LENGTH = 16

const SLL2_PROTOCOL = 0
const SLL2_TYPE = 10
const SLL2_ADDRESS_LENGTH = 11
const SLL2_ADDRESS = 12
const SLL2_HEADER_LENGTH = 20

const MAC_LENGTH = 6
const BROADCAST_MAC = 0xffffffffffff

/** Whom the kernel took a frame to be for (LINKTYPE_LINUX_SLL); what we sent ourselves may go to anybody. */
const TO_US = 0
const TO_ALL = 1
const TO_ANOTHER = 3

const TRUNCATED = malformedIndex('link-truncated')

/** Decodes a frame with the first cooked header; only the sender's MAC is in it, and whom it was for in a word. */
export function decodeSll(packet: Packet): void {
  if (packet.payloadCaptured < SLL_HEADER_LENGTH) {
    packet.malformed = TRUNCATED
    return
  }
  const buffer = packet.buffer
  const at = packet.payloadOffset
  if (readUint16(buffer, at + SLL_ADDRESS_LENGTH) === MAC_LENGTH) {
    packet.sourceMac = readUint48(buffer, at + SLL_ADDRESS)
  }
  noteWhomFor(packet, readUint16(buffer, at + SLL_TYPE))
  skipHeader(packet, SLL_HEADER_LENGTH)
  decodeEtherType(packet, readUint16(buffer, at + SLL_PROTOCOL))
}

/** Decodes a frame with the second cooked header. */
export function decodeSll2(packet: Packet): void {
  if (packet.payloadCaptured < SLL2_HEADER_LENGTH) {
    packet.malformed = TRUNCATED
    return
  }
  const buffer = packet.buffer
  const at = packet.payloadOffset
  if (buffer[at + SLL2_ADDRESS_LENGTH] === MAC_LENGTH) {
    packet.sourceMac = readUint48(buffer, at + SLL2_ADDRESS)
  }
  noteWhomFor(packet, buffer[at + SLL2_TYPE]!)
  skipHeader(packet, SLL2_HEADER_LENGTH)
  decodeEtherType(packet, readUint16(buffer, at + SLL2_PROTOCOL))
}

function noteWhomFor(packet: Packet, type: number): void {
  if (type === TO_ALL) packet.destinationMac = BROADCAST_MAC
  else packet.isToUnnamedStation = type === TO_US || type === TO_ANOTHER
}
