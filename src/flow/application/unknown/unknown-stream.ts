/**
 * What can be said of a TCP conversation in no protocol we know: who speaks, how much, how often, in what frames.
 *
 * Remote-control programs mostly speak protocols of their own, which show by their first words and by their
 * tempo. Left out: datagrams, and what comes after a conversation has turned into a bulk transfer.
 */
import type { Packet } from '../../../decode/index.ts'
import type { StreamBeat, StreamSide, UnknownStream } from './stream-facts.ts'
import { byteAt, hexAt, uint16At, uint16LittleAt, uint32At, uint32LittleAt } from '../payload.ts'
import { LoginTalk } from './login-talk.ts'
import { Beats } from './beats.ts'

/** Messages of each side whose first bytes are kept, and how many bytes of each. */
const MOST_HEADS = 4
const HEAD_BYTES = 64
/** As long as a length that is sent in a segment of its own. */
const LENGTH_BYTES = 4
/** A pause of one side after which its next segment is a new message, though nobody spoke in between. */
const PAUSE_US = 200_000
/** Messages up to so many bytes are small: commands and keep-alives. */
const SMALL_BYTES = 512
/** A conversation of so many segments in less than the time is a transfer, and read no further. */
const BULK_SEGMENTS = 512
const BULK_WITHIN_US = 30_000_000
const MOST_SEGMENTS = 16_384

class Side {
  readonly heads: string[] = []
  readonly headSizes: number[] = []
  messages = 0
  small = 0
  text = 0
  /** Messages that begin with their own length: one count a way of writing it. */
  readonly framed = [0, 0, 0, 0]
  bytes = 0
  lastUs = 0
}

/** One conversation's reading; about 1 KB. */
export class UnknownReading {
  readonly #sides = [new Side(), new Side()] as const
  readonly #beats = new Beats()
  /** Whether somebody is refused a login. */
  readonly login = new LoginTalk()
  #isResponderFirst = false
  #startUs = 0
  #segments = 0
  #messages = 0
  #lastSide = -1
  #toldAt = 0
  #hasNewHead = false

  /** Reads a segment that came in order; false when it wants no more of them. */
  read(packet: Packet, side: number): boolean {
    const own = this.#sides[side === 0 ? 0 : 1]
    const nowUs = packet.timestampUs
    if (this.#segments === 0) {
      this.#isResponderFirst = side !== 0
      this.#startUs = nowUs
    }
    this.#segments += 1
    own.bytes += packet.payloadLength
    const isNew = side !== this.#lastSide || nowUs - own.lastUs > PAUSE_US
    this.#lastSide = side
    own.lastUs = nowUs
    if (isNew) this.#begin(own, packet, side)
    else this.#goOn(own, packet)
    if (this.#segments >= MOST_SEGMENTS) return false
    return this.#segments < BULK_SEGMENTS || nowUs - this.#startUs >= BULK_WITHIN_US
  }

  /**
   * Something new is worth telling: the messages whose heads are kept, then at every half and whole doubling.
   *
   * A first message of few bytes may be a piece of a protocol's hello, and waits for the second.
   */
  get isDue(): boolean {
    const [one, other] = this.#sides
    if (this.#messages === 1 && one.bytes + other.bytes < HEAD_BYTES) return false
    return this.#hasNewHead || this.#messages >= nextTelling(this.#toldAt)
  }

  /** Tells how the conversation stands. Allocates. */
  tell(): UnknownStream {
    this.#toldAt = this.#messages
    this.#hasNewHead = false
    return {
      kind: 'unknown-stream',
      originator: sideOf(this.#sides[0]),
      responder: sideOf(this.#sides[1]),
      isResponderFirst: this.#isResponderFirst,
      beat: this.#beat(),
    }
  }

  #begin(own: Side, packet: Packet, side: number): void {
    const bytes = packet.payloadLength
    this.#messages += 1
    own.messages += 1
    if (own.heads.length < MOST_HEADS) {
      this.#hasNewHead = true
      own.heads.push(hexAt(packet, 0, HEAD_BYTES))
      own.headSizes.push(bytes)
    }
    countFrames(own.framed, packet)
    if (bytes > SMALL_BYTES) return
    own.small += 1
    if (isText(packet)) own.text += 1
    this.#beats.note(side, bytes, packet.timestampUs)
  }

  /** A program that sends a length by itself and then what is as long has not begun before the second. */
  #goOn(own: Side, packet: Packet): void {
    const at = own.heads.length - 1
    if (own.messages !== at + 1 || own.heads[at]!.length !== 2 * LENGTH_BYTES) return
    own.heads[at] += hexAt(packet, 0, HEAD_BYTES - LENGTH_BYTES)
    this.#hasNewHead = true
  }

  #beat(): StreamBeat | null {
    return this.#beats.steadiest()
  }
}

/** 1, 2, 3, 4, 6, 8, 12, 16, 24… */
function nextTelling(told: number): number {
  if (told < 4) return told + 1
  const isWhole = (told & (told - 1)) === 0
  return isWhole ? told * 1.5 : 2 ** Math.ceil(Math.log2(told))
}

function sideOf(side: Side): StreamSide {
  const { messages, small, text, bytes } = side
  const framed = Math.max(...side.framed)
  return {
    heads: [...side.heads],
    headSizes: [...side.headSizes],
    messages,
    small,
    text,
    framed,
    bytes,
  }
}

/** A length of what follows it, in two or four bytes, of either order. */
function countFrames(framed: number[], packet: Packet): void {
  const length = packet.payloadLength
  if (length < 5) return
  if (uint32LittleAt(packet, 0) === length - 4) framed[0]! += 1
  if (uint32At(packet, 0) === length - 4) framed[1]! += 1
  if (uint16LittleAt(packet, 0) === length - 2) framed[2]! += 1
  if (uint16At(packet, 0) === length - 2) framed[3]! += 1
}

function isText(packet: Packet): boolean {
  const length = Math.min(packet.payloadCaptured, HEAD_BYTES)
  for (let index = 0; index < length; index += 1) {
    const byte = byteAt(packet, index)
    const isPrintable = byte >= 0x20 && byte <= 0x7e
    if (!isPrintable && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return false
  }
  return length > 0
}
