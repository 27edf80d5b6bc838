/** Puts one direction's header blocks together, which frames may cut (RFC 9113 §4.3), and has them decoded. */
import type { Payload } from '../../payload.ts'
import type { TextBudget } from '../../reader.ts'
import { FrameType, type FrameHead } from './frame-walk.ts'
import { HpackDecoder } from './hpack.ts'
import type { Field } from './static-fields.ts'

/** What a whole block, and a frame of it, may hold. */
const LONGEST_BLOCK = 16_384
const END_HEADERS = 0x04
const PADDED = 0x08
const PRIORITY = 0x20
const PRIORITY_BYTES = 5
/** The stream that a PUSH_PROMISE names before its block. */
const PROMISED_BYTES = 4

export class HeaderBlocks {
  readonly #budget: TextBudget
  readonly #hpack: HpackDecoder
  /** What is missing makes every later block unreadable. */
  #isLost = false
  #frame: FrameHead | null = null
  /** The payload of the frame under way, and the blocks' part of those before it. */
  #payload: Uint8Array[] = []
  #fragments: Uint8Array[] = []
  #bytes = 0
  #type: number = FrameType.HEADERS
  #stream = 0

  constructor(budget: TextBudget) {
    this.#budget = budget
    this.#hpack = new HpackDecoder(budget)
  }

  /** Of the last block. */
  get stream(): number {
    return this.#stream
  }

  begins(frame: FrameHead): void {
    const { type, stream } = frame
    const isFirst = type === FrameType.HEADERS || type === FrameType.PUSH_PROMISE
    this.#frame = isFirst || type === FrameType.CONTINUATION ? frame : null
    if (!isFirst) return
    this.#forget()
    this.#type = type
    this.#stream = stream
  }

  holds(segment: Payload, from: number, to: number): void {
    if (this.#frame === null || this.#isLost) return
    const bytes = to - from
    const isWhole = to <= segment.payloadCaptured && this.#bytes + bytes <= LONGEST_BLOCK
    if (!isWhole || !this.#budget.take(bytes, true)) {
      this.loses()
      return
    }
    this.#bytes += bytes
    const start = segment.payloadOffset + from
    this.#payload.push(segment.buffer.slice(start, start + bytes))
  }

  loses(): void {
    if (this.#frame === null || this.#isLost) return
    this.#isLost = true
    this.release()
  }

  /** A frame is over; returns the fields of the block that it ends, null when it ends none that is read. */
  ends(): Field[] | null {
    const frame = this.#frame
    this.#frame = null
    if (frame === null || this.#isLost) return null
    this.#fragments.push(fragmentOf(frame, Buffer.concat(this.#payload)))
    this.#payload = []
    if ((frame.flags & END_HEADERS) === 0) return null
    const fields = this.#hpack.decode(Buffer.concat(this.#fragments))
    this.#forget()
    this.#isLost = fields === null
    if (this.#isLost) this.release()
    return this.#type === FrameType.HEADERS ? fields : null
  }

  release(): void {
    this.#forget()
    this.#hpack.release()
  }

  #forget(): void {
    this.#budget.giveBack(this.#bytes)
    this.#bytes = 0
    this.#payload = []
    this.#fragments = []
  }
}

/** A frame's payload without padding, priority and the promised stream (§6.2, §6.6, §6.10). */
function fragmentOf({ type, flags }: FrameHead, payload: Uint8Array): Uint8Array {
  if (type === FrameType.CONTINUATION) return payload
  const isPadded = (flags & PADDED) !== 0
  let from = isPadded ? 1 : 0
  if (type === FrameType.PUSH_PROMISE) from += PROMISED_BYTES
  else if ((flags & PRIORITY) !== 0) from += PRIORITY_BYTES
  const padding = isPadded ? (payload[0] ?? 0) : 0
  return payload.subarray(from, Math.max(from, payload.length - padding))
}
