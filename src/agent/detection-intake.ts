/** Where detections become decisions, events and, where policy says so, blocks: recorded first, acted on after. */
import type { Clock } from '../core/clock.ts'
import { PicketError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import { alert, decide, type BlockBreaker, type Decision, type Policy } from '../decide/index.ts'
import type { Detection } from '../detect/index.ts'
import type { Event } from '../record/event.ts'
import type { EventLog } from '../record/event-log.ts'
import type { EvidenceLog, EvidencePiece } from '../record/evidence-log.ts'
import type { EventFolder, FoldedEvent } from '../record/index.ts'

const RETRY_WRITE_MS = 1_000
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
  /** Enforces; rejects with `PicketError` when a guard or the firewall refuses. */
  order(order: PolicyOrder): Promise<void>
  /** Called after events are on disk. */
  onRecorded(events: readonly Event[]): void
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
  readonly #unordered: PolicyOrder[] = []
  readonly #evidence: EvidencePiece[] = []
  /** Target to the time until which policy need not order it again, ms. */
  readonly #orderedUntilMs = new Map<string, number>()
  #writing: Promise<void> | undefined
  #isClosing = false

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  receive(detections: readonly Detection[], interfaceName: string): void {
    for (const detection of detections) {
      const isSelfTest = detection.selfTest !== undefined
      if (isSelfTest || !this.#options.isHidden(detection)) {
        this.#consider(detection, interfaceName)
      }
    }
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined))
  }

  /** Resolves when all that was received is on disk, or cannot be put there. */
  async close(): Promise<void> {
    this.#isClosing = true
    await this.#writing
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
    for (const [target, untilMs] of this.#orderedUntilMs) {
      if (untilMs <= now) this.#orderedUntilMs.delete(target)
    }
    // A story is told many times; its block is ordered again only when half of its time has passed.
    if (this.#orderedUntilMs.has(decision.target)) {
      return { ...decision, target: null, ttlSeconds: null }
    }
    if (!this.#options.breaker.take()) {
      return alert(
        `${decision.why}; not blocked: the breaker is open, since policy.maxBlocksPerMinute was reached`,
      )
    }
    this.#orderedUntilMs.set(decision.target, now + ((decision.ttlSeconds ?? 0) * 1000) / 2)
    return decision
  }

  async #write(): Promise<void> {
    // One turn of the loop lets a batch gather.
    await Promise.resolve()
    while (this.#unwritten.size > 0) {
      const batch = [...this.#unwritten.values()]
      this.#unwritten.clear()
      if (await this.#save(batch)) await this.#follow()
      else if (this.#isClosing) return
      else await new Promise((resolve) => setTimeout(resolve, RETRY_WRITE_MS))
    }
  }

  async #save(batch: readonly FoldedEvent[]): Promise<boolean> {
    const { events, log, onRecorded } = this.#options
    try {
      onRecorded(await events.save(batch, { forward: true }))
      return true
    } catch (error) {
      if (!(error instanceof PicketError)) throw error
      log.error('events could not be written', { events: batch.length, reason: error.message })
      for (const folded of batch) {
        if (!this.#unwritten.has(folded.key)) this.#unwritten.set(folded.key, folded)
      }
      return false
    }
  }

  /** Who is to be blocked does not wait for packets to be written. */
  async #follow(): Promise<void> {
    await this.#act()
    await this.#saveEvidence()
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

  async #act(): Promise<void> {
    for (const order of this.#unordered.splice(0)) {
      try {
        await this.#options.order(order)
      } catch (error) {
        if (!(error instanceof PicketError)) throw error
        this.#refused(order, error)
      }
    }
  }

  /** The event must not say that somebody is blocked who is not. */
  #refused(order: PolicyOrder, error: PicketError): void {
    this.#options.log.warn('an automatic block was refused', {
      target: order.target,
      reason: error.message,
    })
    const why = `policy ordered a block, which was refused: ${error.message}`
    const amended = this.#options.folder.amend(order.eventId, { verdict: 'alert', decision: why })
    if (amended) this.#unwritten.set(amended.key, amended)
  }
}
