/**
 * HTTP/2 in the clear (RFC 9113): the heads of requests and answers, made heads of HTTP/1 so that one reader reads
 * both, and how bodies begin. gRPC and proxies behind a balancer speak it so.
 *
 * Left out: all within TLS; trailers; pushed requests; which of several answers under way belongs to which request.
 */
import type { Payload } from '../../payload.ts'
import type { ReadingContext } from '../../reader.ts'
import { bodyFact } from '../http-body.ts'
import { BurdenCount } from './burden.ts'
import { FrameType, FrameWalk, type FrameHead, type FrameListener } from './frame-walk.ts'
import { headOf } from './head-text.ts'
import { HeaderBlocks } from './header-blocks.ts'

/** "PRI * HTTP/2.0", two line ends, "SM", two more. */
const PREFACE_BYTES = 24
const PADDED = 0x08

/** Takes a head in the words of HTTP/1. */
type TakeHead = (head: Payload, isRequest: boolean) => void

/** One direction of a connection. */
class Direction implements FrameListener {
  readonly walk: FrameWalk
  readonly blocks: HeaderBlocks
  /** Of the client's direction alone. */
  readonly burden: BurdenCount | null
  readonly #context: ReadingContext
  readonly #takeHead: TakeHead
  readonly #isClient: boolean
  #frame: FrameHead = { type: FrameType.SETTINGS, flags: 0, stream: 0, length: 0 }
  /** The stream whose body's beginning is still to be told; 0 for none. */
  #awaited = 0

  constructor(context: ReadingContext, isClient: boolean, takeHead: TakeHead) {
    this.#context = context
    this.#isClient = isClient
    this.#takeHead = takeHead
    this.walk = new FrameWalk(this, isClient ? PREFACE_BYTES : 0)
    this.blocks = new HeaderBlocks(context.text)
    this.burden = isClient ? new BurdenCount() : null
  }

  begins(frame: FrameHead): void {
    this.#frame = frame
    this.burden?.count(frame)
    this.blocks.begins(frame)
  }

  holds(segment: Payload, from: number, to: number): void {
    const { type, stream, flags } = this.#frame
    this.blocks.holds(segment, from, to)
    if (type !== FrameType.DATA || stream !== this.#awaited) return
    this.#awaited = 0
    const at = from + ((flags & PADDED) === 0 ? 0 : 1)
    if (at >= Math.min(to, segment.payloadCaptured)) return
    this.#context.tell(bodyFact(within(segment, to), at, !this.#isClient))
  }

  loses(): void {
    this.blocks.loses()
  }

  ends(): void {
    const fields = this.blocks.ends()
    const head = fields === null ? null : headOf(fields, this.#isClient)
    if (head === null) return
    this.#takeHead(head, this.#isClient)
    this.#awaited = this.#context.isHeard ? this.blocks.stream : 0
  }
}

export class Http2Connection {
  readonly #client: Direction
  readonly #server: Direction
  readonly #context: ReadingContext
  #isServerLost = false

  constructor(context: ReadingContext, takeHead: TakeHead) {
    this.#context = context
    this.#client = new Direction(context, true, takeHead)
    this.#server = new Direction(context, false, takeHead)
  }

  /** Reads a segment; false when there is no telling any more what the client asks. */
  read(segment: Payload, side: number, gap: number, nowUs: number): boolean {
    if (side !== 0) {
      this.#isServerLost ||= !this.#server.walk.read(segment, gap)
      return true
    }
    this.#client.burden?.breathe(nowUs)
    const isTold = this.#client.walk.read(segment, gap)
    const burden = this.#context.isHeard ? (this.#client.burden?.due() ?? null) : null
    if (burden !== null) this.#context.tell(burden)
    return isTold
  }

  /** Gives back what the tables of header fields hold. */
  release(): void {
    this.#client.blocks.release()
    this.#server.blocks.release()
  }
}

function within({ buffer, payloadOffset, payloadCaptured }: Payload, to: number): Payload {
  const captured = Math.min(to, payloadCaptured)
  return { buffer, payloadOffset, payloadCaptured: captured, payloadLength: to }
}
