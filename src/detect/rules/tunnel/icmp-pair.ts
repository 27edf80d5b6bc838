/** What two hosts said to each other by echo: whether it is ping, or freight. */
import { readInt32 } from '../../../decode/index.ts'
import type { Packet } from '../../../decode/packet.ts'
import type { Story } from '../state/story.ts'
import { isProse } from './prose.ts'

/** Ping puts its clock first: 8 bytes, or 16 where time is of 64 bits; what follows stays the same. */
export const CLOCK_BYTES = 16
/** Bytes of a payload that are compared. */
const COMPARED = 64
/** Requests that wait for their replies; of more under way at a time the replies aren't compared. */
const WAITING = 16
/** So many bytes must differ from both messages before: a counter, or half of a program's UUID, is no freight. */
const FRESH_BYTES = 12

/**
 * The header of ptunnel and ptunnel-ng: a number of their own, the far end and its port, and which of the two speaks
 * (ptunnel.h, `ping_tunnel_pkt_t`).
 */
const PTUNNEL = {
  magics: [0xd5200880 | 0, 0xdeadc0de | 0],
  bytes: 28,
  state: 12,
  speakers: [0x4000, 0x8000],
} as const

/** Contents of a direction: the last two, since two programs may ping in turn. */
class Contents {
  readonly #kept = [new Uint8Array(COMPARED), new Uint8Array(COMPARED)]
  readonly #lengths = [0, 0]
  #next = 0

  /** Notes a payload; true when its content, clock apart, is unlike the last two. */
  isFresh(packet: Packet): boolean {
    const length = Math.min(COMPARED, packet.payloadCaptured)
    let isFresh = true
    for (const index of [0, 1]) {
      const common = Math.min(length, this.#lengths[index]!)
      // Longer or shorter pings of one pattern are alike.
      if (common <= CLOCK_BYTES && length > CLOCK_BYTES) continue
      if (differing(packet, this.#kept[index]!, common) < FRESH_BYTES) isFresh = false
    }
    if (isFresh) {
      this.#kept[this.#next]!.set(payloadStart(packet, length))
      this.#lengths[this.#next] = length
      this.#next = 1 - this.#next
    }
    return isFresh
  }
}

export class IcmpPair {
  readonly one: string
  readonly other: string
  readonly firstUs: number
  lastUs: number
  story: Story | null = null
  /** The host that sent the first request. */
  asker: string | null = null
  requests = 0
  replies = 0
  requestBytes = 0
  replyBytes = 0
  /** Replies that return other bytes than were sent. */
  altered = 0
  /** Replies longer, and shorter, than what they reply to. */
  longer = 0
  shorter = 0
  /** Messages whose content, clock apart, is new. */
  fresh = 0
  /** Requests of them that are written for people. */
  texts = 0
  /** Messages with the header of a known tunnel. */
  headed = 0
  readonly #contents = [new Contents(), new Contents()] as const
  readonly #keys = new Float64Array(WAITING).fill(-1)
  readonly #lengths = new Int32Array(WAITING)
  readonly #sent = new Uint8Array(WAITING * COMPARED)
  #next = 0

  constructor(ends: { one: string; other: string }, nowUs: number) {
    this.one = ends.one
    this.other = ends.other
    this.firstUs = nowUs
    this.lastUs = nowUs
  }

  /** Replies that break the law of echo: altered, or more than were asked for, if requests are seen at all. */
  get lawless(): number {
    const unasked = this.requests === 0 ? 0 : Math.max(0, this.replies - this.requests)
    return this.altered + unasked
  }

  get messages(): number {
    return this.requests + this.replies
  }

  /** Messages a second, both ways; endless in the first second, which tells nothing. */
  get rate(): number {
    const spanUs = this.lastUs - this.firstUs
    return spanUs < 1_000_000 ? Number.POSITIVE_INFINITY : (this.messages * 1e6) / spanUs
  }

  requested(packet: Packet, sender: string | null): void {
    this.#seen(packet)
    this.asker ??= sender
    this.requests += 1
    this.requestBytes += packet.payloadLength
    if (this.#contents[0].isFresh(packet)) {
      this.fresh += 1
      if (isProse(packet)) this.texts += 1
    }
    const place = this.#next
    this.#next = (place + 1) % WAITING
    this.#keys[place] = keyOf(packet)
    this.#lengths[place] = packet.payloadLength
    this.#sent.set(payloadStart(packet, COMPARED), place * COMPARED)
  }

  replied(packet: Packet): void {
    this.#seen(packet)
    this.replies += 1
    this.replyBytes += packet.payloadLength
    if (this.#contents[1].isFresh(packet)) this.fresh += 1
    const place = this.#keys.indexOf(keyOf(packet))
    if (place < 0) return
    this.#keys[place] = -1
    const sentBytes = this.#lengths[place]!
    const sent = this.#sent.subarray(place * COMPARED, (place + 1) * COMPARED)
    const common = Math.min(COMPARED, sentBytes, packet.payloadCaptured)
    // Some answer with less than was sent; nobody honest answers with more, or with other bytes (RFC 792).
    const isLonger = packet.payloadLength > sentBytes
    if (isLonger) this.longer += 1
    else if (packet.payloadLength < sentBytes) this.shorter += 1
    if (isLonger || differs(packet, sent, common)) this.altered += 1
  }

  #seen(packet: Packet): void {
    this.lastUs = Math.max(this.lastUs, packet.timestampUs)
    if (isPtunnel(packet)) this.headed += 1
  }
}

function isPtunnel({ buffer, payloadOffset, payloadCaptured }: Packet): boolean {
  if (payloadCaptured < PTUNNEL.bytes) return false
  const magic = readInt32(buffer, payloadOffset)
  if (magic !== PTUNNEL.magics[0] && magic !== PTUNNEL.magics[1]) return false
  const speaker = readInt32(buffer, payloadOffset + PTUNNEL.state) >>> 16
  return speaker === PTUNNEL.speakers[0] || speaker === PTUNNEL.speakers[1]
}

/** Identifier and sequence number of an echo message, which its reply repeats. */
function keyOf(packet: Packet): number {
  // The sequence number stands before the payload.
  const at = packet.payloadOffset - 2
  const sequence = (packet.buffer[at]! << 8) | packet.buffer[at + 1]!
  return packet.icmpIdentifier * 65536 + sequence
}

function payloadStart(packet: Packet, most: number): Uint8Array {
  const length = Math.min(most, packet.payloadCaptured)
  return packet.buffer.subarray(packet.payloadOffset, packet.payloadOffset + length)
}

function differs(packet: Packet, bytes: Uint8Array, length: number): boolean {
  for (let at = 0; at < length; at += 1) {
    if (packet.buffer[packet.payloadOffset + at] !== bytes[at]) return true
  }
  return false
}

/** Counts the bytes behind the clock that differ. */
function differing(packet: Packet, bytes: Uint8Array, length: number): number {
  let count = 0
  for (let at = CLOCK_BYTES; at < length; at += 1) {
    if (packet.buffer[packet.payloadOffset + at] !== bytes[at]) count += 1
  }
  return count
}
