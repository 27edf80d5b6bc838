/** One sink's forwarder along one lane: reads the outbox in order, sends, and stores how far the sink has everything. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '../../core/clock.ts'
import type { Log } from '../../core/log/log.ts'
import type { Metrics } from '../../core/log/metrics.ts'
import type { Detection } from '../../detect/detection.ts'
import type { SinkReplay } from '../../record/logs/outbox.ts'
import { backOffMs } from './back-off.ts'
import { BATCH, beginLive, beginReplay, type BeginningOptions } from './beginning.ts'
import { heartbeat, type AgentFacts, type DeliveryFacts } from './heartbeat.ts'
import type { Lane } from './lane.ts'
import type { Outgoing } from '../outgoing.ts'
import type { Passage } from './passage.ts'
import { Shortfall } from './shortfall.ts'
import { createSieve, type Sieve } from './sieve.ts'
import type { SinkFields } from '../sink-fields.ts'
import type { LaneHealth } from '../sink-health.ts'
import type { Receipt, Sink } from '../sink.ts'
import { Standing, type Failure } from './standing.ts'

/** How often a sink is asked what has arrived while nothing new is sent. */
const ASK_EVERY_MS = 1000
/** How often it is looked whether retention has deleted what was not sent. */
const LOOK_EVERY_MS = 1_000
const STOP_WITHIN_MS = 300

export interface ForwarderOptions {
  readonly config: SinkFields & { readonly type: string }
  /** Makes the sink; again after each replay, and never while the one before is open. */
  open(): Sink
  readonly lane: Lane
  readonly agentId: string
  /** 0 for no heartbeats. */
  readonly heartbeatSeconds: number
  facts(): Promise<AgentFacts>
  /** What heartbeats tell of the sink's other lane. */
  besides?(): Readonly<Record<string, number>>
  /** Takes what is to be told of the delivery itself. */
  tell(detection: Detection): void
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
}

interface Replaying {
  readonly order: SinkReplay
  readonly passage: Passage
}

/** How a step ended: nothing left, more to read, only answers to wait for, or a failure. */
type Outcome = 'done' | 'more' | 'under-way' | 'failed'

/**
 * Sends at least once: the stored position never passes an event that the sink has not accepted, and after a
 * failure sending begins again right behind it. Detection never waits for it: it reads from the record.
 *
 * A replay has the sink for itself: what is under way is confirmed or taken back first, and what is new waits
 * until the replay has arrived.
 */
export class Forwarder {
  readonly #options: ForwarderOptions
  readonly #sieve: Sieve
  readonly #standing: Standing
  #sink: Sink
  #live: Passage | null = null
  #shortfall: Shortfall | null = null
  #replaying: Replaying | null = null
  #orders: SinkReplay[] = []
  #nextBeatMs: number
  #nextLookMs = 0
  /** Woken since the outbox was last read. */
  #hasNews = false
  #isStopped = false
  #interruptPause: (() => void) | null = null
  readonly #running: Promise<void>

  constructor(options: ForwarderOptions) {
    this.#options = options
    this.#sieve = createSieve(options.config)
    const { lane, log, metrics } = options
    this.#standing = new Standing({ sink: this.name, of: lane.of, log, metrics })
    this.#sink = options.open()
    this.#nextBeatMs = performance.now() + options.heartbeatSeconds * 1000
    this.#running = this.#run()
  }

  get name(): string {
    return this.#options.config.name
  }

  /** Says that there are new events; ends an idle wait, not a back-off. */
  wake(): void {
    this.#hasNews = true
    if (this.#standing.state !== 'waiting') this.#interruptPause?.()
  }

  /** Sends a range again, behind those that were ordered before. */
  replay(order: SinkReplay): void {
    if (!this.#orders.some(({ id }) => id === order.id)) this.#orders.push(order)
    this.wake()
  }

  health(): LaneHealth {
    const { lastSequence, ...delivery } = this.#delivery()
    const order = this.#replaying?.order ?? this.#orders[0] ?? null
    const at = this.#replaying?.passage.arrived.sequence ?? order?.position ?? 0
    return {
      state: this.#standing.state,
      position: this.#live?.arrived.sequence ?? 0,
      backlog: Math.max(0, lastSequence - (this.#live?.sent.sequence ?? 0)),
      ...delivery,
      replay: order && {
        ...{ fromSequence: order.fromSequence, toSequence: order.toSequence, position: at },
      },
      lastError: this.#standing.lastFailure?.reason ?? null,
    }
  }

  /** Ends within about a second and stores the last position; never rejects. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#interruptPause?.()
    const arrived = await this.#closeLast()
    // A name that is being looked up cannot be hurried; nothing it could still do matters.
    await Promise.race([this.#running, pause(STOP_WITHIN_MS)])
    await this.#storeLast(arrived ?? 0)
  }

  /** A file that refuses to be closed (its disk is gone) is no reason not to end; what it took is stored all the same. */
  async #closeLast(): Promise<number | null> {
    try {
      return await this.#sink.close()
    } catch (cause) {
      const fields = { sink: this.name, reason: reasonOf(cause) }
      this.#options.log.warn('a sink could not be closed in order', fields)
      return null
    }
  }

  /** What cannot be stored (a full disk) is sent again by the next start, which is no reason not to end. */
  async #storeLast(arrived: number): Promise<void> {
    try {
      await (this.#replaying?.passage ?? this.#live)?.arrive(arrived)
    } catch (cause) {
      const { log } = this.#options
      const words = 'the position of a sink could not be stored; the next start repeats some events'
      log.warn(words, { sink: this.name, reason: reasonOf(cause) })
    }
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      this.#hasNews = false
      const outcome = await this.#attempt()
      if (this.#isStopped) return
      if (outcome === 'failed') {
        const { failures, lastFailure } = this.#standing
        await this.#interruptiblePause(backOffMs(failures, lastFailure?.afterMs ?? null))
      } else if (outcome === 'more') {
        // A backlog that is passed over, or that a sink takes at once, would leave nobody else a turn.
        await nextTurn()
      } else if (!this.#hasNews) {
        await this.#interruptiblePause(ASK_EVERY_MS)
      }
    }
  }

  /** What fails here is the record (a full disk): told like a sink's failure, but what was sent stays sent. */
  async #attempt(): Promise<Outcome> {
    try {
      return await this.#step()
    } catch (cause) {
      return this.#fail({ reason: reasonOf(cause), afterMs: null })
    }
  }

  async #step(): Promise<Outcome> {
    const live = (this.#live ??= await this.#begin())
    this.#look(live)
    const order = this.#orders[0]
    if (order !== undefined) return this.#stepReplay(order, live)
    if (this.#isBeatDue() && !(await this.#beat(live))) return 'failed'
    return this.#forwardNext(live)
  }

  async #begin(): Promise<Passage> {
    const { lane, tell } = this.#options
    const { passage, known } = await beginLive(this.#beginning)
    lane.book.replays(this.name).forEach((order) => this.replay(order))
    const { sequence } = passage.arrived
    const told = { heldBack: 0, lost: 0, replaced: 0, ...known, sequence }
    this.#shortfall = new Shortfall({ sink: this.name, of: lane.of }, told, tell)
    return passage
  }

  get #beginning(): BeginningOptions {
    const { config, lane } = this.#options
    return { config, lane, sieve: this.#sieve }
  }

  /** Sends the next batch, or asks what has arrived. */
  async #forwardNext(passage: Passage): Promise<Outcome> {
    const load = passage.next()
    if (load.read === 0 && !passage.isUnderWay) {
      await passage.arrive(0)
      this.#standing.resting()
      return 'done'
    }
    if (load.events.length > 0) this.#standing.sending()
    const hasMore = load.read >= BATCH
    const receipt = await this.#send(load.events, hasMore, passage)
    switch (receipt.kind) {
      case 'accepted':
        receipt.rejected?.forEach((rejection) => this.#standing.refused(rejection))
        this.#standing.took(load.events.length, receipt.sequence > passage.arrived.sequence)
        passage.depart(load)
        if (hasMore) passage.arriveInPassing(receipt.sequence)
        else await passage.arrive(receipt.sequence)
        return hasMore ? 'more' : 'under-way'
      case 'retry':
        passage.goBack()
        return this.#fail(receipt)
      case 'rejected':
        this.#standing.refused(receipt)
        await passage.passOver(receipt.sequence)
        return 'more'
    }
  }

  /** Where nothing is sent and nothing is under way there is nothing to ask. */
  async #send(
    events: readonly Outgoing[],
    hasMore: boolean,
    { isUnderWay }: Passage,
  ): Promise<Receipt> {
    if (events.length === 0 && !isUnderWay) return { kind: 'accepted', sequence: 0 }
    return this.#sink.send(events, hasMore)
  }

  async #stepReplay(order: SinkReplay, live: Passage): Promise<Outcome> {
    const { book } = this.#options.lane
    if (this.#replaying === null) {
      await this.#reopenSink(live)
      if (this.#isStopped) return 'done'
      this.#replaying = { order, passage: beginReplay(order, this.#beginning) }
    }
    const outcome = await this.#forwardNext(this.#replaying.passage)
    if (outcome !== 'done') return outcome
    await book.advanceReplay(order.id, order.toSequence)
    this.#orders.shift()
    this.#replaying = null
    const { sink, fromSequence, toSequence } = order
    this.#options.log.info('a replay has arrived', { sink, fromSequence, toSequence })
    await this.#reopenSink(live)
    return 'more'
  }

  /** A fresh sink knows of no earlier numbers, so that its receipts mean those of one passage only. */
  async #reopenSink(live: Passage): Promise<void> {
    const arrived = await this.#sink.close()
    if (arrived !== null) await live.arrive(arrived)
    live.goBack()
    if (!this.#isStopped) this.#sink = this.#options.open()
  }

  #isBeatDue(): boolean {
    return this.#options.heartbeatSeconds > 0 && performance.now() >= this.#nextBeatMs
  }

  async #beat(live: Passage): Promise<boolean> {
    const { agentId, clock, heartbeatSeconds } = this.#options
    const at = { agentId, nowMs: clock.nowMs() }
    const beat = heartbeat(await this.#toldFacts(), this.#delivery(), at)
    const receipt = await this.#sink.send([beat])
    if (receipt.kind === 'retry') {
      live.goBack()
      this.#fail(receipt)
      return false
    }
    this.#nextBeatMs = performance.now() + heartbeatSeconds * 1000
    if (receipt.kind === 'rejected') this.#standing.refused(receipt)
    else await live.arrive(receipt.sequence)
    return true
  }

  async #toldFacts(): Promise<AgentFacts> {
    const facts = await this.#options.facts()
    return { ...facts, counters: { ...facts.counters, ...this.#options.besides?.() } }
  }

  #delivery(): DeliveryFacts {
    const { lane } = this.#options
    const at = this.#live?.sent
    const known = lane.book.progress(this.name)
    return {
      lastSent: at?.lastSent ?? 0,
      lastSequence: lane.newest(),
      ...this.#standing.counts,
      withheld: at?.sieve.withheld ?? 0,
      heldBack: at?.sieve.heldBack ?? 0,
      lost: known?.lost ?? 0,
      replaced: known?.replaced ?? 0,
    }
  }

  #look({ arrived }: Passage): void {
    const nowMs = performance.now()
    if (nowMs < this.#nextLookMs) return
    this.#nextLookMs = nowMs + LOOK_EVERY_MS
    const { lost, replaced } = this.#delivery()
    const counts = { heldBack: arrived.sieve.heldBack, lost, replaced, sequence: arrived.sequence }
    this.#shortfall?.note(counts, this.#options.clock.nowMs())
  }

  #fail(failure: Failure) {
    this.#standing.failed(failure)
    return 'failed' as const
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

const reasonOf = (cause: unknown): string =>
  cause instanceof Error ? cause.message : String(cause)

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
