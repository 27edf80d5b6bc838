/**
 * HTTP/2 with prior knowledge (RFC 9113 §4.1): walks a client's frames and counts what it asks for only to
 * take it back, and what it has its server do for nothing.
 *
 * Left out: what the frames hold, the server's frames, and all of HTTP/2 within TLS.
 */
import type { Http2Burden } from './facts.ts'
import { byteAt, uint24At, uint32At, type Payload } from '../payload.ts'

const HEADER_BYTES = 9
/** "PRI * HTTP/2.0", two line ends, "SM", two more. */
const PREFACE_BYTES = 24
const TYPE = 3
const FLAGS = 4
const STREAM = 5

const Frame = { DATA: 0, HEADERS: 1, RST_STREAM: 3, SETTINGS: 4, PING: 6, CONTINUATION: 9 } as const
/** END_STREAM of DATA, ACK of SETTINGS and PING: the same bit. */
const ENDS_OR_ACKNOWLEDGES = 1

/** A request taken back before this long, or twice it, has passed was never wanted. */
const BREATH_US = 50_000
/** So much is told at once. */
export const BURDEN_STEP = 64

export class Http2Frames {
  /** Bytes of the frame under way, or of the preface, that are still to come. */
  #left = PREFACE_BYTES
  /** One that a segment cut in two. */
  readonly #header = {
    buffer: new Uint8Array(HEADER_BYTES),
    payloadOffset: 0,
    payloadCaptured: 0,
    payloadLength: HEADER_BYTES,
  }
  #isLost = false
  #opened = 0
  #takenBack = 0
  #empty = 0
  /** The highest stream so far, and as it stood one and two breaths ago. */
  #highest = 0
  #before = 0
  #longBefore = 0
  #breathUs = 0

  /** Reads a segment of the client's; false when there is no telling any more where frames begin. */
  read(segment: Payload, gap: number, nowUs: number): boolean {
    this.#breathe(nowUs)
    // What is repeated was counted; where it goes on, frames begin nobody knows where.
    if (gap < 0) return segment.payloadLength <= -gap
    if (gap > 0) this.#pass(gap)
    let at = this.#endHeader(segment)
    while (!this.#isLost && at + HEADER_BYTES <= segment.payloadCaptured) {
      this.#count(segment, at)
      at += HEADER_BYTES + uint24At(segment, at)
    }
    this.#left = Math.max(0, at - segment.payloadLength)
    if (at < segment.payloadLength) this.#beginHeader(segment, at)
    return !this.#isLost
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

  #pass(gap: number): void {
    this.#left -= gap
    if (this.#left < 0 || this.#header.payloadCaptured > 0) this.#isLost = true
  }

  /** A segment ends within a header. */
  #beginHeader(
    { buffer, payloadOffset, payloadCaptured, payloadLength }: Payload,
    at: number,
  ): void {
    if (payloadCaptured < payloadLength) this.#isLost = true
    const have = payloadCaptured - at
    for (let index = 0; index < have; index += 1) {
      this.#header.buffer[index] = buffer[payloadOffset + at + index]!
    }
    this.#header.payloadCaptured = have
  }

  /** Returns where the first whole header begins, having ended the one before. */
  #endHeader(segment: Payload): number {
    const header = this.#header
    if (header.payloadCaptured === 0) return this.#left
    let at = 0
    while (header.payloadCaptured < HEADER_BYTES && at < segment.payloadCaptured) {
      header.buffer[header.payloadCaptured] = byteAt(segment, at)
      header.payloadCaptured += 1
      at += 1
    }
    if (header.payloadCaptured < HEADER_BYTES) return at
    this.#count(header, 0)
    at += uint24At(header, 0)
    header.payloadCaptured = 0
    return at
  }

  #breathe(nowUs: number): void {
    if (nowUs - this.#breathUs < BREATH_US) return
    this.#longBefore = nowUs - this.#breathUs < 2 * BREATH_US ? this.#before : this.#highest
    this.#before = this.#highest
    this.#breathUs = nowUs
  }

  #count(frame: Payload, at: number): void {
    const type = byteAt(frame, at + TYPE)
    const flag = byteAt(frame, at + FLAGS) & ENDS_OR_ACKNOWLEDGES
    const stream = uint32At(frame, at + STREAM)
    if (type === Frame.HEADERS) {
      if (stream > this.#highest) this.#opened += 1
      this.#highest = Math.max(this.#highest, stream)
    } else if (type === Frame.RST_STREAM) {
      if (stream > this.#longBefore && stream <= this.#highest) this.#takenBack += 1
    } else if (type === Frame.SETTINGS || type === Frame.PING) {
      if (flag === 0) this.#empty += 1
    } else if (type === Frame.CONTINUATION) {
      this.#empty += 1
    } else if (type === Frame.DATA && flag === 0 && uint24At(frame, at) === 0) {
      this.#empty += 1
    }
  }
}
