/**
 * 802.11 data frames (IEEE 802.11-2020 §9.3.2). Left out: management and control frames, which are `OTHER`.
 *
 * What cannot be read is counted by its reason: encrypted, aggregated (A-MSDU) or a later fragment.
 */
import { malformedIndex } from '../../malformed.ts'
import { readUint48 } from '../../octets.ts'
import { PacketKind, type Packet } from '../../packet.ts'
import { skipHeader } from '../../payload.ts'
import { decodeLlc } from '../llc.ts'

const CONTROL = 0
const FLAGS = 1
const ADDRESS_1 = 4
const ADDRESS_2 = 10
const ADDRESS_3 = 16
const FRAGMENT_NUMBER = 22
const ADDRESS_4 = 24
const MINIMUM_LENGTH = 24
const ADDRESS_LENGTH = 6
const QOS_LENGTH = 2
const HT_LENGTH = 4

/** Version 0, type "data", and whatever subtype. */
const VERSION_AND_TYPE_MASK = 0x0f
const DATA = 0x08
const IS_QOS = 0x80
const HAS_NO_DATA = 0x40

const TO_DISTRIBUTION = 0x01
const FROM_DISTRIBUTION = 0x02
const IS_PROTECTED = 0x40
const HAS_HT_CONTROL = 0x80

const IS_AGGREGATED = 0x80
const FRAGMENT_MASK = 0x0f

const TRUNCATED = malformedIndex('link-truncated')
const ENCRYPTED = malformedIndex('wlan-encrypted')
const AGGREGATED = malformedIndex('wlan-aggregated')
const FRAGMENT = malformedIndex('wlan-fragment')

/** Decodes an 802.11 frame; `isPadded` when the driver aligned what follows the header to four bytes. */
export function decodeWlan(packet: Packet, isPadded = false): void {
  if (packet.payloadCaptured < MINIMUM_LENGTH) {
    // Acknowledgements and the like are shorter, and nothing of ours.
    if (packet.payloadLength < MINIMUM_LENGTH) packet.kind = PacketKind.OTHER
    else packet.malformed = TRUNCATED
    return
  }
  const buffer = packet.buffer
  const at = packet.payloadOffset
  const control = buffer[at + CONTROL]!
  const flags = buffer[at + FLAGS]!
  if ((control & VERSION_AND_TYPE_MASK) !== DATA || (control & HAS_NO_DATA) !== 0) {
    packet.kind = PacketKind.OTHER
    return
  }
  const length = headerLength(control, flags)
  if (packet.payloadCaptured < length) {
    packet.malformed = TRUNCATED
    return
  }
  readAddresses(packet, at, flags)
  packet.malformed = unreadable(packet, control, flags)
  if (packet.malformed !== 0) return
  skipHeader(packet, isPadded ? (length + 3) & ~3 : length)
  decodeLlc(packet)
}

function hasFourAddresses(flags: number): boolean {
  return (flags & TO_DISTRIBUTION) !== 0 && (flags & FROM_DISTRIBUTION) !== 0
}

function headerLength(control: number, flags: number): number {
  let length = MINIMUM_LENGTH
  if (hasFourAddresses(flags)) length += ADDRESS_LENGTH
  if ((control & IS_QOS) !== 0) {
    length += QOS_LENGTH
    if ((flags & HAS_HT_CONTROL) !== 0) length += HT_LENGTH
  }
  return length
}

/** Which address is whose depends on the way through the access point (table 9-30). */
function readAddresses(packet: Packet, at: number, flags: number): void {
  const isTo = (flags & TO_DISTRIBUTION) !== 0
  const isFrom = (flags & FROM_DISTRIBUTION) !== 0
  const source = isFrom ? (isTo ? ADDRESS_4 : ADDRESS_3) : ADDRESS_2
  packet.destinationMac = readUint48(packet.buffer, at + (isTo ? ADDRESS_3 : ADDRESS_1))
  packet.sourceMac = readUint48(packet.buffer, at + source)
}

/** Returns the reason for which the body means nothing to us; 0 when it can be read. */
function unreadable(packet: Packet, control: number, flags: number): number {
  if ((flags & IS_PROTECTED) !== 0) return ENCRYPTED
  const { buffer, payloadOffset: at } = packet
  if ((buffer[at + FRAGMENT_NUMBER]! & FRAGMENT_MASK) !== 0) return FRAGMENT
  const qos = at + MINIMUM_LENGTH + (hasFourAddresses(flags) ? ADDRESS_LENGTH : 0)
  return (control & IS_QOS) !== 0 && (buffer[qos]! & IS_AGGREGATED) !== 0 ? AGGREGATED : 0
}
