/**
 * Puts a message together that TCP spread over several segments: a few buffers for all flows.
 *
 * A ClientHello with a post-quantum key share does not fit one segment. The buffers are few, since the
 * segments of one message follow each other within a round trip; when all are taken the one held longest
 * is taken away from its flow and counted, so that half-sent messages cannot stop the reading for good.
 */
import { Packet } from '../../../decode/index.ts'
import type { Payload } from '../payload.ts'
import { firstByteOf, restOf } from './segment-order.ts'

/** Covers a ClientHello with two key shares and ECH, and a server's first certificate. */
const BUFFER_BYTES = 8192
const MOST_BUFFERS = 256

const rest = new Packet()

/** One side's bytes from the message's first segment on, as far as they came without a hole. */
class StreamBuffer implements Payload {
  readonly buffer = new Uint8Array(BUFFER_BYTES)
  readonly payloadOffset = 0
  payloadCaptured = 0
  payloadLength = 0
  /** Who may use it; somebody else when it was taken away. */
  owner: object | null = null
  #sequence = 0

  /** Begins anew with a message's first segment. */
  begin(owner: object | null, packet: Packet): void {
    this.owner = owner
    this.#sequence = firstByteOf(packet)
    this.payloadCaptured = 0
    this.add(packet)
  }

  /** Adds a segment where it belongs; false when it lies outside the buffer. What came first stays, holes stay empty. */
  add(packet: Packet): boolean {
    const from = (firstByteOf(packet) - this.#sequence) | 0
    if (from >= BUFFER_BYTES) return false
    const have = this.payloadCaptured
    const end = Math.min(from + packet.payloadCaptured, BUFFER_BYTES)
    if (from > have || end <= have) return true
    const start = packet.payloadOffset + have - from
    this.buffer.set(packet.buffer.subarray(start, start + end - have), have)
    this.payloadCaptured = end
    this.payloadLength = end
    return true
  }

  /** Drops the bytes before a place: the message that is wanted begins there. */
  drop(before: number): void {
    this.buffer.copyWithin(0, before)
    this.#sequence = (this.#sequence + before) | 0
    this.payloadCaptured -= before
    this.payloadLength = this.payloadCaptured
  }
}

/**
 * The buffers of one flow table.
 *
 * Memory: 8 KiB a buffer, made as they are first needed, at most 256 of them (2 MiB).
 */
export class StreamBuffers {
  readonly #buffers: StreamBuffer[] = []
  readonly #free: StreamBuffer[] = []
  readonly #most: number
  #oldest = 0
  #lost = 0

  constructor(most = MOST_BUFFERS) {
    this.#most = most
  }

  /** Messages given up because their buffer was needed elsewhere, or did not hold them. */
  get lost(): number {
    return this.#lost
  }

  /** Lends a buffer that begins with this segment; give it back when the message is whole. */
  take(owner: object, packet: Packet): StreamBuffer {
    const buffer = this.#free.pop() ?? this.#make() ?? this.#takeAway()
    buffer.begin(owner, packet)
    return buffer
  }

  /** Takes a buffer back; `isLost` says that its message was given up. */
  giveBack(buffer: StreamBuffer, owner: object, isLost: boolean): void {
    if (buffer.owner !== owner) return
    if (isLost) this.#lost += 1
    buffer.owner = null
    this.#free.push(buffer)
  }

  #make(): StreamBuffer | undefined {
    if (this.#buffers.length >= this.#most) return undefined
    const buffer = new StreamBuffer()
    this.#buffers.push(buffer)
    return buffer
  }

  /** All are taken, so they are taken away in turn, which is about the order in which they were lent. */
  #takeAway(): StreamBuffer {
    const buffer = this.#buffers[this.#oldest]!
    this.#oldest = (this.#oldest + 1) % this.#buffers.length
    this.#lost += 1
    return buffer
  }
}

/** One side's message in the making: nothing is copied while single segments hold whole messages. */
export class Assembly {
  readonly #buffers: StreamBuffers
  #buffer: StreamBuffer | null = null

  constructor(buffers: StreamBuffers) {
    this.#buffers = buffers
  }

  get isUnderWay(): boolean {
    return this.#buffer !== null
  }

  /** What there is of a message that is being put together; null when none is. */
  get bytes(): Payload | null {
    return this.#buffer !== null && this.#buffer.owner === this ? this.#buffer : null
  }

  /** What there is of the message with this segment added; null when it must be given up. */
  add(packet: Packet): Payload | null {
    const buffer = this.#buffer
    if (buffer === null) return packet
    if (buffer.owner !== this) {
      this.#buffer = null
      return null
    }
    const isFull = !buffer.add(packet) || buffer.payloadCaptured === BUFFER_BYTES
    // A full buffer is handed out once more: it may hold the message after all.
    return isFull && buffer.payloadCaptured < BUFFER_BYTES ? null : buffer
  }

  /** The message is not whole: waits for more. False when no buffer can hold it. */
  wait(packet: Packet): boolean {
    if (this.#buffer === null) this.#buffer = this.#buffers.take(this, packet)
    // What the capture cut off never comes.
    const isCut = packet.payloadCaptured < packet.payloadLength
    if (!isCut && this.#buffer.payloadCaptured < BUFFER_BYTES) return true
    this.end(true)
    return false
  }

  /** As `wait`, for a message that begins `from` bytes into what `add` gave. */
  waitFrom(packet: Packet, from: number): boolean {
    if (this.#buffer === null) return this.wait(from === 0 ? packet : restOf(packet, from, rest))
    if (from > 0) this.#buffer.drop(from)
    return this.wait(packet)
  }

  /** The message was read, or is given up. */
  end(isLost: boolean): void {
    if (this.#buffer !== null) this.#buffers.giveBack(this.#buffer, this, isLost)
    this.#buffer = null
  }
}
