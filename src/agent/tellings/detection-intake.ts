/** Where detections become decisions, events and, where policy says so, blocks: recorded first, acted on after. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '../../core/clock.ts'
import { PicketError } from '../../core/errors.ts'
import type { Log } from '../../core/log/log.ts'
import { alert, decide, type BlockBreaker, type Decision, type Policy } from '../../decide/index.ts'
import type { Detection } from '../../detect/index.ts'
import type { Event } from '../../record/event.ts'
import type { EventLog } from '../../record/logs/event-log.ts'
import type { EvidenceLog, EvidencePiece } from '../../record/logs/evidence-log.ts'
import type { EventFolder, FoldedEvent } from '../../record/index.ts'

const RETRY_WRITE_MS = 1_000
/** So long an event waits for the plan of its block, that both may be one write; some 3 ms are usual. */
const WAIT_FOR_PLAN_MS = 50
/** So many events at most are one write: what has waited for a full disk must not need all its room at once. */
const MAX_EVENTS_PER_WRITE = 256
/** Packets that wait for their event to be written: 16 KB each. What comes while so many wait is lost. */
const MAX_WAITING_EVIDENCE = 512

/** A block that policy orders because of an event. */
export interface PolicyOrder {
  readonly target: string
  readonly ttlSeconds: number | null
  readonly reason: string
  readonly detector: string
  readonly eventId: string
}

export interface IntakeOptions {
  readonly policy: Policy
  readonly breaker: BlockBreaker
  readonly folder: EventFolder
  /** Says whether a detection is not to be seen. */
  isHidden(detection: Detection): boolean
  readonly events: EventLog
  readonly evidence: EvidenceLog
  /** Of packets, with one event. */
  readonly maxPacketsPerEvent: number
  readonly clock: Clock
  readonly log: Log
  /** Told that an order will follow once its event is written. */
  prepareOrder?(): void
  /**
   * Calls `record` when the orders are written, and enforces them once both are on disk; gives why each was refused by
   * a guard or the firewall, null where it was not. Rejects with `PicketError` where none can be carried out, as when
   * `record` does.
   */
  order(
    orders: readonly PolicyOrder[],
    record: () => Promise<void>,
  ): Promise<readonly (PicketError | null)[]>
  /** Called after events are on disk. */
  onRecorded(events: readonly Event[]): void
}

/** A block that policy has ordered. */
interface Ordered {
  /** Until then it need not be ordered again, ms. */
  readonly untilMs: number
  /** Why there is none; null where there is. */
  readonly refusal: string | null
}

/**
 * Takes in detections, in order, and brings each to the record before anything is done about it.
 *
 * Memory is bounded by the number of open stories: while the disk refuses, later states of an event replace
 * earlier ones that are not yet written.
 */
export class DetectionIntake {
  readonly #options: IntakeOptions
  readonly #unwritten = new Map<string, FoldedEvent>()
  #unordered: PolicyOrder[] = []
  readonly #evidence: EvidencePiece[] = []
  /** What policy has ordered by target. */
  readonly #ordered = new Map<string, Ordered>()
  #writing: Promise<void> | undefined
  /** What follows on events that are being written: blocks, then packets. */
  readonly #following = new Set<Promise<void>>()
  #isClosing = false
  /** Why the log took nothing at the last attempt; null when it did. */
  #refusal: string | null = null

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  /** How many events wait for a log that does not take them, and why; null while it does. */
  get unwritten(): { readonly events: number; readonly reason: string } | null {
    const reason = this.#refusal
    return reason === null ? null : { events: this.#unwritten.size, reason }
  }

  receive(detections: readonly Detection[], interfaceName: string): void {
    for (const detection of detections) {
      const isSelfTest = detection.selfTest !== undefined
      if (isSelfTest || !this.#options.isHidden(detection)) {
        this.#consider(detection, interfaceName)
      }
    }
    this.#beginWriting()
  }

  /** Resolves when all that was received is on disk, or cannot be put there. */
  async close(): Promise<void> {
    this.#isClosing = true
    // A block that is refused amends its event, which is written once more.
    while (this.#writing !== undefined || this.#following.size > 0) {
      await this.#writing
      await Promise.all(this.#following)
    }
  }

  #beginWriting(): void {
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined))
  }

  #consider(detection: Detection, interfaceName: string): void {
    const decision = this.#decide(detection)
    const folded = this.#options.folder.fold(detection, decision, interfaceName)
    this.#unwritten.set(folded.key, folded)
    this.#keepEvidence(detection, folded.event.id)
    if (decision.target === null) return
    this.#options.prepareOrder?.()
    this.#unordered.push({
      target: decision.target,
      ttlSeconds: decision.ttlSeconds,
      reason: detection.summary,
      detector: detection.detector,
      eventId: folded.event.id,
    })
  }

  #keepEvidence({ evidence }: Detection, eventId: string): void {
    if (evidence === undefined || this.#evidence.length >= MAX_WAITING_EVIDENCE) return
    this.#evidence.push({ eventId, evidence })
  }

  #decide(detection: Detection): Decision {
    const now = this.#options.clock.nowMs()
    const decision = decide(detection, this.#options.policy, now)
    if (decision.target === null) return decision
    if (detection.selfTest !== undefined) {
      const why = `${decision.why}; a self-test blocks nobody`
      return { ...alert(why), simulated: true }
    }
    for (const [target, { untilMs }] of this.#ordered) {
      if (untilMs <= now) this.#ordered.delete(target)
    }
    // A story is told many times; its block is ordered again only when half of its time has passed.
    const ordered = this.#ordered.get(decision.target)
    if (ordered !== undefined && ordered.refusal !== null) {
      return alert(`${decision.why}; not blocked: ${ordered.refusal}`)
    }
    if (ordered !== undefined) return { ...decision, target: null, ttlSeconds: null }
    if (!this.#options.breaker.take()) {
      return alert(
        `${decision.why}; not blocked: the breaker is open, since policy.maxBlocksPerMinute was reached`,
      )
    }
    const untilMs = now + ((decision.ttlSeconds ?? 0) * 1000) / 2
    this.#ordered.set(decision.target, { untilMs, refusal: null })
    return decision
  }

  async #write(): Promise<void> {
    // One turn of the loop lets a batch gather.
    await Promise.resolve()
    while (this.#unwritten.size > 0) {
      const batch = this.#takeBatch()
      const orders = this.#takeOrders(batch)
      const save = once(() => this.#save(batch))
      const following = this.#follow(orders, save).finally(() => this.#following.delete(following))
      this.#following.add(following)
      if (orders.length > 0) await Promise.race([following, pause(WAIT_FOR_PLAN_MS)])
      if (await save()) continue
      if (this.#isClosing) return this.#giveUp()
      await pause(RETRY_WRITE_MS)
    }
  }

  #giveUp(): void {
    this.#options.log.error('events are lost: the agent ends, and the log does not take them', {
      events: this.#unwritten.size,
    })
  }

  /** Those that have waited longest. */
  #takeBatch(): readonly FoldedEvent[] {
    const batch: FoldedEvent[] = []
    for (const [key, folded] of this.#unwritten) {
      if (batch.length === MAX_EVENTS_PER_WRITE) break
      batch.push(folded)
      this.#unwritten.delete(key)
    }
    return batch
  }

  /** Of the events of the batch, or of earlier ones. */
  #takeOrders(batch: readonly FoldedEvent[]): readonly PolicyOrder[] {
    if (this.#unordered.length === 0) return []
    const waiting = new Set([...this.#unwritten.values()].map(({ event }) => event.id))
    for (const { event } of batch) waiting.delete(event.id)
    const orders = this.#unordered.filter(({ eventId }) => !waiting.has(eventId))
    this.#unordered = this.#unordered.filter(({ eventId }) => waiting.has(eventId))
    return orders
  }

  async #save(batch: readonly FoldedEvent[]): Promise<boolean> {
    const { events, log, onRecorded } = this.#options
    try {
      onRecorded(await events.save(batch, { forward: true }))
      if (this.#refusal !== null) log.info('events are written again', { events: batch.length })
      this.#refusal = null
      return true
    } catch (error) {
      if (!(error instanceof PicketError)) throw error
      const reason = error.message
      if (reason !== this.#refusal) log.error('events could not be written, and are tried again every second', { events: batch.length, reason }) // prettier-ignore
      this.#refusal = reason
      for (const folded of batch) {
        if (!this.#unwritten.has(folded.key)) this.#unwritten.set(folded.key, folded)
      }
      return false
    }
  }

  /** Who is to be blocked does not wait for packets to be written, nor the next event for a block. */
  async #follow(orders: readonly PolicyOrder[], save: () => Promise<boolean>): Promise<void> {
    await this.#act(orders, save)
    if (await save()) await this.#saveEvidence()
  }

  /** An event without its packets is still an event: what cannot be written is not tried again. */
  async #saveEvidence(): Promise<void> {
    const { evidence, maxPacketsPerEvent, log } = this.#options
    const pieces = this.#evidence.splice(0)
    try {
      await evidence.add(pieces, maxPacketsPerEvent)
    } catch (error) {
      if (!(error instanceof PicketError)) throw error
      log.warn('packets of events could not be written', {
        events: pieces.length,
        reason: error.message,
      })
    }
  }

  /** The block goes to the writer with its event: one sync of the disk, and both are in the record before it acts. */
  async #act(orders: readonly PolicyOrder[], save: () => Promise<boolean>): Promise<void> {
    if (orders.length === 0) return
    const record = async (): Promise<void> => {
      if (await save()) return
      throw new PicketError('ERR_RECORD_WRITE', 'the event is not written yet')
    }
    try {
      const refusals = await this.#options.order(orders, record)
      for (const [index, refusal] of refusals.entries()) {
        if (refusal !== null) this.#refused(orders[index]!, refusal)
      }
    } catch (error) {
      if (!(error instanceof PicketError)) throw error
      if (await save()) for (const order of orders) this.#refused(order, error)
      else this.#unordered = [...orders, ...this.#unordered]
    }
  }

  /** The event must not say that somebody is blocked who is not. */
  #refused(order: PolicyOrder, error: PicketError): void {
    this.#options.log.warn('an automatic block was refused', {
      target: order.target,
      reason: error.message,
    })
    const ordered = this.#ordered.get(order.target)
    if (ordered !== undefined) {
      this.#ordered.set(order.target, { ...ordered, refusal: error.message })
    }
    const why = `policy ordered a block, which was refused: ${error.message}`
    const amended = this.#options.folder.amend(order.eventId, { verdict: 'alert', decision: why })
    if (!amended) return
    this.#unwritten.set(amended.key, amended)
    this.#beginWriting()
  }
}

/** Does the work when first asked, and gives everybody what came of it. */
function once<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let result: Promise<Result> | undefined
  return () => (result ??= work())
}
