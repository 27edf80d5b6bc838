/** Walks one direction's HTTP/2 frames (RFC 9113 §4.1), which segments cut anywhere. */
import { byteAt, type Payload } from '../../payload.ts'

const HEAD_BYTES = 9

export const FrameType = {
  DATA: 0,
  HEADERS: 1,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  CONTINUATION: 9,
} as const

export interface FrameHead {
  readonly type: number
  readonly flags: number
  readonly stream: number
  /** Bytes of the frame behind its head. */
  readonly length: number
}

/** Is told of each frame in turn. */
export interface FrameListener {
  begins(frame: FrameHead): void
  /** Part of what it holds lies between two places of a segment, of which the capture may have cut the end. */
  holds(segment: Payload, from: number, to: number): void
  /** Part of what it holds is lost. */
  loses(): void
  ends(): void
}

export class FrameWalk {
  readonly #listener: FrameListener
  /** Bytes of the frame under way, or of what stands before the first, that are still to come. */
  #left: number
  #isInFrame = false
  readonly #head = new Uint8Array(HEAD_BYTES)
  #headBytes = 0

  /** `skipped`: bytes before the first frame. */
  constructor(listener: FrameListener, skipped: number) {
    this.#listener = listener
    this.#left = skipped
  }

  /** Reads a segment; false when there is no telling any more where frames begin. */
  read(segment: Payload, gap: number): boolean {
    if (gap !== 0 && !this.#pass(gap)) return false
    let at = 0
    while (at < segment.payloadLength) {
      if (this.#left > 0) {
        const to = Math.min(at + this.#left, segment.payloadLength)
        if (this.#isInFrame) this.#listener.holds(segment, at, to)
        this.#advance(to - at)
        at = to
      } else {
        const byte = byteAt(segment, at)
        if (byte < 0) return false
        this.#head[this.#headBytes] = byte
        this.#headBytes += 1
        at += 1
        if (this.#headBytes === HEAD_BYTES) this.#begin()
      }
    }
    return true
  }

  /** A hole within a frame's payload is passed over; within a head, or beyond the frame, all is lost. */
  #pass(gap: number): boolean {
    if (gap < 0 || gap > this.#left) return false
    if (this.#isInFrame) this.#listener.loses()
    this.#advance(gap)
    return true
  }

  #advance(bytes: number): void {
    this.#left -= bytes
    if (this.#left > 0 || !this.#isInFrame) return
    this.#isInFrame = false
    this.#listener.ends()
  }

  #begin(): void {
    const head = this.#head
    const length = (head[0]! << 16) | (head[1]! << 8) | head[2]!
    const stream = ((head[5]! & 0x7f) << 24) | (head[6]! << 16) | (head[7]! << 8) | head[8]!
    this.#headBytes = 0
    this.#left = length
    this.#isInFrame = true
    this.#listener.begins({ type: head[3]!, flags: head[4]!, stream, length })
    this.#advance(0)
  }
}
