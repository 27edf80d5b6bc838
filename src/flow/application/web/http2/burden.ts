/** Counts what an HTTP/2 client asks for only to take it back, and what it has its server do for nothing. */
import type { Http2Burden } from '../facts.ts'
import { FrameType, type FrameHead } from './frame-walk.ts'

/** END_STREAM of DATA, ACK of SETTINGS and PING: the same bit. */
const ENDS_OR_ACKNOWLEDGES = 1
/** A request taken back before this long, or twice it, has passed was never wanted. */
const BREATH_US = 50_000
/** So much is told at once. */
const BURDEN_STEP = 64

export class BurdenCount {
  #opened = 0
  #takenBack = 0
  #empty = 0
  /** The highest stream so far, and as it stood one and two breaths ago. */
  #highest = 0
  #before = 0
  #longBefore = 0
  #breathUs = 0

  breathe(nowUs: number): void {
    if (nowUs - this.#breathUs < BREATH_US) return
    this.#longBefore = nowUs - this.#breathUs < 2 * BREATH_US ? this.#before : this.#highest
    this.#before = this.#highest
    this.#breathUs = nowUs
  }

  /** A frame of the client's begins. */
  count({ type, flags, stream, length }: FrameHead): void {
    const flag = flags & ENDS_OR_ACKNOWLEDGES
    if (type === FrameType.HEADERS) {
      if (stream > this.#highest) this.#opened += 1
      this.#highest = Math.max(this.#highest, stream)
    } else if (type === FrameType.RST_STREAM) {
      if (stream > this.#longBefore && stream <= this.#highest) this.#takenBack += 1
    } else if (type === FrameType.SETTINGS || type === FrameType.PING) {
      if (flag === 0) this.#empty += 1
    } else if (type === FrameType.CONTINUATION) {
      this.#empty += 1
    } else if (type === FrameType.DATA && flag === 0 && length === 0) {
      this.#empty += 1
    }
  }

  /** What has come together since it was last told; null while that is little. */
  due(): Http2Burden | null {
    if (this.#takenBack < BURDEN_STEP && this.#empty < BURDEN_STEP) return null
    const fact = {
      kind: 'http2-burden',
      opened: this.#opened,
      takenBack: this.#takenBack,
      empty: this.#empty,
    } as const
    this.#opened = 0
    this.#takenBack = 0
    this.#empty = 0
    return fact
  }
}
