/** Syslog over TCP, TLS or a unix stream, at least once: what a dying collector may have lost is sent again. */
import type { Outgoing } from '../../outgoing.ts'
import type { ConnectionLimits } from '../../connections/config.ts'
import type { Endpoint } from '../../connections/endpoint.ts'
import { syslogText, type MessageContext } from '../../formats/syslog/message.ts'
import type { Receipt, Sink } from '../../sink.ts'
import { frame, type Framing } from './framing.ts'
import { StreamConnection } from '../../connections/stream-connection.ts'
import { HEARTBEAT } from '../../delivery/heartbeat.ts'
import { reasonOf } from '../../tls/index.ts'

/**
 * So long after it was sent an event may still be lost with the collector: in socket buffers, in the
 * collector's own queue, on the way to its disk. Until then it counts as under way.
 */
const OVERLAP_MS = 30_000
const FINISH_TIMEOUT_MS = 3000
/** A collector that left so many connections open, and never closed one, is one that never does. */
const UNANSWERED_FINS = 3
/** At the end of the agent, which has a second. */
const LAST_FINISH_TIMEOUT_MS = 500

export interface SyslogStreamOptions {
  readonly name: string
  readonly endpoint: Endpoint
  readonly limits: ConnectionLimits
  readonly framing: Framing
  readonly context: MessageContext
  /** Milliseconds that only go forward. */
  readonly monotonicMs: () => number
  readonly overlapMs?: number
}

/** The end of a batch on its way. */
interface Sent {
  readonly sequence: number
  /** When the kernel had taken it; Infinity until then. */
  atMs: number
}

/**
 * Plain syslog has no acknowledgement: bytes the kernel took may die with the collector, and a peer that
 * lost power says nothing for a quarter of an hour. So an event is accepted only when it was sent
 * `overlapMs` ago and the collector has then answered our FIN with its own, which says that it has read
 * everything; sending goes on over a new connection. If a connection breaks before, everything not yet
 * accepted is sent again: a collector that dies makes repeats (same `externalId` and revision), never a gap.
 *
 * One that does not answer looks like one that hangs or cannot be reached, so that counts as broken, too. Only a collector
 * that has never answered, three times, is taken for one that never does: age alone then decides.
 * Memory: two batches, one of which the kernel is taking while the other is encoded, and one number pair for each batch of the last `overlapMs`.
 */
export class SyslogStreamSink implements Sink {
  readonly name: string
  readonly #options: SyslogStreamOptions
  readonly #overlapMs: number
  #connection: StreamConnection | null = null
  /** The batch before, which the kernel may still be taking while the next is encoded. */
  #writing: Promise<void> = Promise.resolve()
  #underWay: Sent[] = []
  #accepted = 0
  #lastSent = 0
  #hasAnsweredFin = false
  /** In a row. */
  #unansweredFins = 0
  readonly #closing = new AbortController()

  constructor(options: SyslogStreamOptions) {
    this.name = options.name
    this.#options = options
    this.#overlapMs = options.overlapMs ?? OVERLAP_MS
  }

  async send(events: readonly Outgoing[], hasMore = false): Promise<Receipt> {
    try {
      // Whoever goes back wants it all again, and nothing of what was confirmed before counts.
      if (events.length > 0 && events[0]!.sequence < this.#lastSent) this.#forget()
      // Whoever sends on over a new connection what was lost with the old one would leave a gap.
      if (this.#underWay.length > 0) this.#assertConnected()
      await this.#confirmOld()
      if (events.length > 0) await this.#write(events)
      if (!hasMore) await this.#writing
      return { kind: 'accepted', sequence: this.#accepted }
    } catch (cause) {
      this.#forget()
      return { kind: 'retry', reason: reasonOf(cause), afterMs: null }
    }
  }

  async close(): Promise<number | null> {
    this.#closing.abort()
    const last = this.#underWay.at(-1)
    const connection = this.#connection
    this.#connection = null
    const isConfirmed = (await connection?.finish(LAST_FINISH_TIMEOUT_MS)) ?? false
    return isConfirmed && last !== undefined ? last.sequence : null
  }

  #assertConnected(): void {
    const lost = this.#connection === null ? 'closed' : this.#connection.lost
    if (lost !== null) throw new Error(lost)
  }

  async #write(events: readonly Outgoing[]): Promise<void> {
    const { framing, context, monotonicMs } = this.#options
    const connection = await this.#connected()
    const bytes = frame(
      events.map((event) => syslogText(event, context)),
      framing,
    )
    await this.#writing
    const sequence = events.at(-1)!.sequence
    const sent: Sent = { sequence, atMs: Infinity }
    const taken = (): void => void (sent.atMs = monotonicMs())
    this.#writing = connection.write(bytes).then(taken)
    // Whoever waits for it next is told.
    this.#writing.catch(() => undefined)
    // A heartbeat repeats the last number and is never sent again: asking by FIN whether it arrived would
    // cost a quiet host a connection each minute.
    if (events.every(({ kind }) => kind === HEARTBEAT)) return
    this.#lastSent = sequence
    this.#underWay.push(sent)
  }

  async #connected(): Promise<StreamConnection> {
    if (this.#connection?.lost === null) return this.#connection
    const { endpoint, limits } = this.#options
    const signal = this.#closing.signal
    this.#connection = await StreamConnection.open({ endpoint, limits, signal })
    return this.#connection
  }

  /** Accepts what is old enough, once the collector has shown that it reads. */
  async #confirmOld(): Promise<void> {
    const oldest = this.#options.monotonicMs() - this.#overlapMs
    const old = this.#underWay.filter((sent) => sent.atMs <= oldest)
    const newestOld = old.at(-1)
    if (newestOld === undefined) return
    if (this.#unansweredFins < UNANSWERED_FINS) await this.#finishOld()
    this.#accepted = newestOld.sequence
    this.#underWay = this.#underWay.slice(old.length)
    // What is younger stays under way: only a standing connection tells when the collector dies.
    if (this.#underWay.length > 0) await this.#connected()
  }

  async #finishOld(): Promise<void> {
    const isConfirmed = (await this.#connection?.finish(FINISH_TIMEOUT_MS)) ?? false
    this.#connection = null
    if (isConfirmed) {
      this.#hasAnsweredFin = true
      this.#unansweredFins = 0
      return
    }
    if (!this.#hasAnsweredFin) this.#unansweredFins += 1
    if (this.#unansweredFins < UNANSWERED_FINS) {
      throw new Error('the collector did not close the connection, so it may not have read all')
    }
  }

  #forget(): void {
    this.#connection?.destroy()
    this.#connection = null
    this.#writing = Promise.resolve()
    this.#underWay = []
    this.#lastSent = 0
    this.#accepted = 0
  }
}
