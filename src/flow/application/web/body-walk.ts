/** Follows one side's HTTP/1 bodies (RFC 9112 §6): tells how each begins, and finds where the message behind it does. */
import type { Packet } from '../../../decode/index.ts'
import { findByte, pattern, startsWith, type Payload } from '../payload.ts'
import type { ReadingContext } from '../reader.ts'
import { afterChunkLength, bodyFact } from './http-body.ts'
import type { HttpHead } from './http-head.ts'

/** What is awaited: nothing, a body's beginning, the beginning of one in chunks. */
const Awaited = { NOTHING: 0, PLAIN: 1, CHUNKED: 2 } as const
/** So many bytes are followed, of a request and of an answer; a download must cost nothing. */
const FOLLOWED = [262_144, 16_384] as const
const VERSION = pattern('HTTP/')
const LAST_CHUNK = pattern('0\r\n\r\n')
const FEED = 0x0a

/** Nobody can tell where the next message begins before the other side has spoken. */
export const UNTOLD_END = -1

export class BodyWalk {
  readonly #context: ReadingContext
  /** 0 for the client's bodies. */
  readonly #side: 0 | 1
  /** Bytes of a body that are still to come. */
  #left = 0
  #isInChunks = false
  /** Whose beginning is still to be told. */
  #awaited: number = Awaited.NOTHING

  constructor(context: ReadingContext, side: 0 | 1) {
    this.#context = context
    this.#side = side
  }

  /** Whether the side's next segment is wanted though nobody can tell where the body ends. */
  get isWanted(): boolean {
    return this.#isInChunks || this.#isAwaiting
  }

  /** The body is longer than it is worth following; its beginning has been told. */
  get isTooLong(): boolean {
    return this.#left > FOLLOWED[this.#side] && !this.#isAwaiting
  }

  get #isAwaiting(): boolean {
    return this.#awaited !== Awaited.NOTHING
  }

  /** A head was read; returns where its message ends, which may lie beyond these bytes, or `UNTOLD_END`. */
  meet(bytes: Payload, head: HttpHead): number {
    const isRequest = head.status === 0
    const length = head.contentBytes ?? 0
    if (hasNoBody(head)) return head.end
    if (this.#context.isHeard) this.#awaited = head.isChunked ? Awaited.CHUNKED : Awaited.PLAIN
    if (head.end < bytes.payloadCaptured) this.#tell(bytes, head.end)
    if (!head.isChunked && (isRequest || head.contentBytes !== null)) {
      this.#left = Math.max(0, head.end + length - bytes.payloadLength)
      return head.end + length
    }
    if (!isRequest) return UNTOLD_END
    const end = endOfChunks(bytes, head.end)
    this.#isInChunks = end < 0
    return end
  }

  /** Passes over what a segment holds of a body; returns where a message may begin. */
  pass(packet: Packet, gap: number): number {
    // The answer to HEAD states the length of what it leaves out, and so may 304.
    if (this.#side === 1 && startsWith(packet, VERSION)) this.forget()
    if (this.#isAwaiting) this.#tell(packet, 0)
    if (this.#isInChunks) {
      const end = endOfChunks(packet, 0)
      this.#isInChunks = end < 0
      return end < 0 ? packet.payloadLength : end
    }
    const left = Math.max(0, this.#left - Math.max(0, gap))
    this.#left = Math.max(0, left - packet.payloadLength)
    return left
  }

  /** The other side has answered, or nobody follows any longer. */
  forget(): void {
    this.#left = 0
    this.#isInChunks = false
    this.#awaited = Awaited.NOTHING
  }

  /** The message was answered: chunks whose end nobody saw are over. */
  endChunks(): void {
    this.#isInChunks = false
  }

  #tell(bytes: Payload, at: number): void {
    const from = this.#awaited === Awaited.CHUNKED ? afterChunkLength(bytes, at) : at
    if (this.#isAwaiting) this.#context.tell(bodyFact(bytes, from, this.#side === 1))
    this.#awaited = Awaited.NOTHING
  }
}

/** RFC 9112 §6.3: interim answers, 204 and 304 end with their head, and so do requests that state no length. */
function hasNoBody({ status, contentBytes, isChunked }: HttpHead): boolean {
  if (status === 0) return !isChunked && (contentBytes ?? 0) === 0
  return status < 200 || status === 204 || status === 304 || (contentBytes === 0 && !isChunked)
}

/** Returns the place behind the last chunk, as far as these bytes hold it whole; -1 where they do not. */
function endOfChunks(payload: Payload, from: number): number {
  let line = from
  while (!startsWith(payload, LAST_CHUNK, line)) {
    const feed = findByte(payload, FEED, line, payload.payloadCaptured)
    if (feed < 0) return UNTOLD_END
    line = feed + 1
  }
  return line + LAST_CHUNK.length
}
