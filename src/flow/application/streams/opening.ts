/**
 * A flow's first words, where they come in pieces too small to tell an application by.
 *
 * Nobody sends a hello byte by byte but who wants it unread, or types it. The pieces are joined for a
 * short while and shown as if they were one segment.
 */
import type { Packet } from '../../../decode/index.ts'
import { JoinedSegments } from './joined-segments.ts'
import { mayBeHttp } from '../web/start-line.ts'
import { FactReader, Next, type ReadingContext } from '../reader.ts'

/** First payloads shorter than this may be pieces; every application is told by fewer bytes. */
export const SHORT_OPENING = 16
/** So much joined and still unknown: it is none that we know. */
export const LONG_ENOUGH = 64

/** Stands in the place of a reader until the application is known. */
export class Opening extends FactReader {
  readonly #segments: JoinedSegments

  constructor(context: ReadingContext, packet: Packet, side: number) {
    super(context)
    this.#segments = new JoinedSegments(context.buffers, packet, side)
  }

  /** What the side has sent so far, this segment included, as one packet; null when there is no more to join. */
  join(packet: Packet, side: number): Packet | null {
    return side === this.#segments.side ? this.#segments.add(packet) : null
  }

  /** Says whether a first payload, or pieces of one, may be but a piece of the application's first words. */
  static mayGoOn(packet: Packet, most: number): boolean {
    const { payloadCaptured, payloadLength } = packet
    return payloadCaptured === payloadLength && (payloadLength < most || mayBeHttp(packet))
  }

  override read(): number {
    return Next.MORE
  }

  override facts(): null {
    return null
  }

  override release(): void {
    this.#segments.end()
    super.release()
  }
}
