/** One sink's forwarder: reads the outbox in order, sends, and stores how far the sink has everything. */
import type { Log } from '../core/log.ts'
import type { Metrics } from '../core/metrics.ts'
import type { Event } from '../record/event.ts'
import type { EventRecord } from '../record/record.ts'
import type { Rejection, Sink } from './sink.ts'

const BATCH = 100
/** How often a sink is asked what has arrived while nothing new is sent. */
const ASK_EVERY_MS = 1000
const FIRST_BACKOFF_MS = 250
const LAST_BACKOFF_MS = 15_000
const STOP_WITHIN_MS = 300
const LOG_FAILURE_EVERY_MS = 60_000

export interface ForwarderOptions {
  readonly sink: Sink
  readonly record: Pick<EventRecord, 'events' | 'outbox'>
  readonly startFrom: 'now' | 'beginning'
  readonly minSeverity: number
  readonly log: Log
  readonly metrics: Metrics
}

/** As `/v1/health` shows it. */
export interface SinkHealth {
  readonly name: string
  readonly state: 'idle' | 'sending' | 'waiting'
  /** Sequence up to which the sink has everything. */
  readonly position: number
  /** Event states not sent yet. */
  readonly backlog: number
  /** Event states sent since the start, repeats included. */
  readonly sent: number
  readonly lastError: string | null
}

/**
 * Sends at least once: the stored position never passes an event that the sink has not accepted, and after a
 * failure sending begins again right behind it. Detection never waits for it: it reads from the record.
 */
export class Forwarder {
  readonly #options: ForwarderOptions
  #position = 0
  /** The last event state read; between it and the position lies what is under way. */
  #cursor = 0
  /** The last state that was really sent, not passed over for its severity. */
  #lastSent = 0
  #sent = 0
  #state: SinkHealth['state'] = 'idle'
  #lastError: string | null = null
  #failures = 0
  #askedToWaitMs: number | null = null
  #complainedAtMs = -Infinity
  #hasBegun = false
  /** Woken since the outbox was last read. */
  #hasNews = false
  #isStopped = false
  #interruptPause: (() => void) | null = null
  readonly #running: Promise<void>

  constructor(options: ForwarderOptions) {
    this.#options = options
    this.#running = this.#run()
  }

  /** Says that there are new events; ends an idle wait, not a back-off. */
  wake(): void {
    this.#hasNews = true
    if (this.#failures === 0) this.#interruptPause?.()
  }

  health(): SinkHealth {
    const { sink, record } = this.#options
    return {
      name: sink.name,
      state: this.#state,
      position: this.#position,
      backlog: Math.max(0, record.events.lastSequence() - this.#cursor),
      sent: this.#sent,
      lastError: this.#lastError,
    }
  }

  /** Ends within about a second and stores the last position. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#interruptPause?.()
    const arrived = await this.#options.sink.close()
    // A name that is being looked up cannot be hurried; nothing it could still do matters.
    await Promise.race([this.#running, pause(STOP_WITHIN_MS)])
    if (arrived !== null) await this.#advanceTo(arrived)
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      this.#hasNews = false
      const hasMore = await this.#attempt(() => this.#forwardNext())
      if (this.#isStopped) return
      if (this.#failures > 0) await this.#interruptiblePause(this.#backoffMs())
      else if (!hasMore && !this.#hasNews) await this.#interruptiblePause(ASK_EVERY_MS)
    }
  }

  /** What fails here is the record (a full disk): told like a sink's failure, and tried again like one. */
  async #attempt(work: () => Promise<boolean>): Promise<boolean> {
    try {
      return await work()
    } catch (cause) {
      this.#wait({ reason: cause instanceof Error ? cause.message : String(cause), afterMs: null })
      return false
    }
  }

  async #begin(): Promise<void> {
    const { sink, record, startFrom } = this.#options
    const stored = record.outbox.position(sink.name)
    this.#position = stored ?? (startFrom === 'now' ? record.events.lastSequence() : 0)
    this.#goBack()
    if (stored === null) await record.outbox.advance(sink.name, this.#position)
    this.#hasBegun = true
  }

  /** Sends the next batch, or asks what has arrived; says whether there is more to send. */
  async #forwardNext(): Promise<boolean> {
    if (!this.#hasBegun) await this.#begin()
    const { sink, record, minSeverity } = this.#options
    const read = record.outbox.after(this.#cursor, BATCH)
    if (read.length === 0 && this.#cursor === this.#position) {
      this.#state = 'idle'
      return false
    }
    const batch = read.filter((event) => event.severity >= minSeverity)
    if (batch.length > 0) this.#state = 'sending'
    const receipt = await sink.send(batch)
    switch (receipt.kind) {
      case 'accepted':
        this.#tellRejected(receipt.rejected ?? [])
        await this.#accept(receipt.sequence, read, batch)
        return read.length === BATCH
      case 'retry':
        this.#wait(receipt)
        return false
      case 'rejected':
        await this.#passOver(receipt)
        return true
    }
  }

  async #accept(accepted: number, read: readonly Event[], batch: readonly Event[]): Promise<void> {
    const { sink, log, metrics } = this.#options
    this.#cursor = read.at(-1)?.sequence ?? this.#cursor
    this.#lastSent = batch.at(-1)?.sequence ?? this.#lastSent
    this.#sent += batch.length
    if (batch.length > 0) {
      metrics.count('forward_sent_total', 'Event states sent', batch.length, { sink: sink.name })
    }
    if (this.#failures > 0) log.info('a sink takes events again', { sink: sink.name })
    this.#failures = 0
    this.#lastError = null
    this.#state = 'idle'
    await this.#advanceTo(accepted)
  }

  /** Stores the position; when nothing sent is under way, what was passed over for its severity counts too. */
  async #advanceTo(accepted: number): Promise<void> {
    const { sink, record } = this.#options
    const isNothingUnderWay = accepted >= this.#lastSent || this.#lastSent <= this.#position
    const next = isNothingUnderWay ? this.#cursor : accepted
    if (next <= this.#position) return
    await record.outbox.advance(sink.name, next)
    this.#position = next
  }

  async #passOver(rejection: Rejection): Promise<void> {
    this.#tellRejected([rejection])
    this.#cursor = rejection.sequence
    this.#lastSent = rejection.sequence
    await this.#advanceTo(rejection.sequence)
  }

  #tellRejected(rejected: readonly Rejection[]): void {
    const { sink, log, metrics } = this.#options
    for (const { sequence, reason } of rejected) {
      log.error('a sink can never take this event', { sink: sink.name, sequence, reason })
      metrics.count('forward_rejected_total', 'Events refused for good', 1, { sink: sink.name })
    }
  }

  #wait({ reason, afterMs }: { readonly reason: string; readonly afterMs: number | null }): void {
    const { sink, log, metrics } = this.#options
    this.#goBack()
    this.#failures += 1
    this.#state = 'waiting'
    this.#lastError = reason
    this.#askedToWaitMs = afterMs
    metrics.count('forward_failures_total', 'Failed sends', 1, { sink: sink.name })
    const nowMs = performance.now()
    if (nowMs - this.#complainedAtMs < LOG_FAILURE_EVERY_MS) return
    this.#complainedAtMs = nowMs
    log.warn('a sink takes no events; they wait in the log', { sink: sink.name, reason })
  }

  #goBack(): void {
    this.#cursor = this.#position
    this.#lastSent = this.#position
  }

  /** Doubles up to 15 s; the jitter keeps a fleet from knocking all at once when its SIEM comes back. */
  #backoffMs(): number {
    if (this.#askedToWaitMs !== null) return this.#askedToWaitMs
    const longest = Math.min(LAST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (this.#failures - 1))
    return longest * (0.5 + Math.random() / 2)
  }

  #interruptiblePause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        this.#interruptPause = null
        resolve()
      }
      const timer = setTimeout(end, ms)
      this.#interruptPause = end
    })
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
