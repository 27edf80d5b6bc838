/** Radiotap (radiotap.org) before 802.11: what the radio knew. Left out: all of it but the frame's flags. */
import { malformedIndex } from '../../malformed.ts'
import type { Packet } from '../../packet.ts'
import { skipHeader } from '../../payload.ts'
import { decodeWlan } from './wlan.ts'

/** Little-endian, unlike all else here. */
const VERSION = 0
const LENGTH = 2
const PRESENT = 4
const MINIMUM_LENGTH = 8
const PRESENT_LENGTH = 4

/** Bits of the first octet and of the last one of a word that tells which fields are there. */
const HAS_TIMER = 0x01
const HAS_FLAGS = 0x02
const HAS_MORE_WORDS = 0x80

const TIMER_LENGTH = 8

const IS_PADDED = 0x20
const IS_DAMAGED = 0x40

const TRUNCATED = malformedIndex('link-truncated')
const DAMAGED = malformedIndex('wlan-checksum')

/** Decodes a frame with a radiotap header; one that failed its checksum on the air is only counted. */
export function decodeRadiotap(packet: Packet): void {
  const buffer = packet.buffer
  const at = packet.payloadOffset
  if (packet.payloadCaptured < MINIMUM_LENGTH || buffer[at + VERSION] !== 0) {
    packet.malformed = TRUNCATED
    return
  }
  const length = buffer[at + LENGTH]! | (buffer[at + LENGTH + 1]! << 8)
  if (length < MINIMUM_LENGTH || length > packet.payloadCaptured) {
    packet.malformed = TRUNCATED
    return
  }
  const flags = frameFlags(buffer, at, length)
  if ((flags & IS_DAMAGED) !== 0) {
    packet.malformed = DAMAGED
    return
  }
  skipHeader(packet, length)
  decodeWlan(packet, (flags & IS_PADDED) !== 0)
}

/** Finds the field of flags: only the timer, aligned to its size, comes before it. */
function frameFlags(buffer: Uint8Array, at: number, length: number): number {
  const present = buffer[at + PRESENT]!
  if ((present & HAS_FLAGS) === 0) return 0
  let place = PRESENT + PRESENT_LENGTH
  while (place <= length && (buffer[at + place - 1]! & HAS_MORE_WORDS) !== 0) {
    place += PRESENT_LENGTH
  }
  if ((present & HAS_TIMER) !== 0) {
    place = Math.ceil(place / TIMER_LENGTH) * TIMER_LENGTH + TIMER_LENGTH
  }
  return place < length ? buffer[at + place]! : 0
}
