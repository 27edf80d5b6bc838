/** Suppressions in force: keeps what they cover from the log and the SIEM, and counts what they hid. */
import type { Clock } from '../../core/clock.ts'
import { PicketError } from '../../core/errors.ts'
import type { Log } from '../../core/log/log.ts'
import { uuidv7 } from '../../core/uuid.ts'
import { isCovered, type SuppressionScope } from '../../decide/index.ts'
import type { Detection } from '../../detect/index.ts'
import type { Suppression, TriageLog } from '../../record/logs/triage-log.ts'

const WRITE_COUNTS_MS = 5_000
/** Stories remembered so that their repeats are not counted again; the oldest are forgotten. */
const MAX_STORIES = 10_000

export interface SuppressionOrder extends SuppressionScope {
  readonly reason: string
  /** Null for good. */
  readonly ttlSeconds: number | null
  /** As in the audit trail. */
  readonly actor: string
}

export interface SuppressorOptions {
  readonly triage: TriageLog
  readonly clock: Clock
  readonly log: Log
}

export class Suppressor {
  readonly #options: SuppressorOptions
  #standing: readonly Suppression[]
  /** Story to the suppression that hides it. */
  readonly #stories = new Map<string, string>()
  /** What is not yet written, by suppression. */
  readonly #counts = new Map<string, number>()
  readonly #timer: NodeJS.Timeout

  constructor(options: SuppressorOptions) {
    this.#options = options
    const nowMs = options.clock.nowMs()
    this.#standing = options.triage.suppressions({ withEnded: false, nowMs })
    this.#timer = setInterval(() => void this.#writeCounts(), WRITE_COUNTS_MS)
    this.#timer.unref()
  }

  /** Says whether a detection is not to be seen, and counts its story. */
  hides(detection: Detection): boolean {
    if (this.#standing.length === 0) return false
    const nowMs = this.#options.clock.nowMs()
    const suppression = this.#standing.find(
      (one) => (one.expiresAtMs ?? Infinity) > nowMs && isCovered(detection, one),
    )
    if (suppression === undefined) return false
    if (!this.#stories.has(detection.id)) {
      this.#stories.set(detection.id, suppression.id)
      this.#counts.set(suppression.id, (this.#counts.get(suppression.id) ?? 0) + 1)
      if (this.#stories.size > MAX_STORIES) {
        this.#stories.delete(this.#stories.keys().next().value!)
      }
    }
    return true
  }

  /** Puts a suppression in force, recorded and audited first. Errors: `ERR_RECORD_WRITE`. */
  async suppress(order: SuppressionOrder): Promise<Suppression> {
    const { triage, clock } = this.#options
    const { actor, ttlSeconds, ...scope } = order
    const createdAtMs = clock.nowMs()
    const suppression: Suppression = {
      id: uuidv7(createdAtMs),
      ...scope,
      createdBy: actor,
      createdAtMs,
      expiresAtMs: ttlSeconds === null ? null : createdAtMs + ttlSeconds * 1000,
      ...{ liftedAtMs: null, hidden: 0, lastHiddenAtMs: null },
    }
    const details = { ...scope, expiresAtMs: suppression.expiresAtMs }
    const audit = { actor, action: 'suppression.created', subject: suppression.id, details }
    await triage.saveSuppression(suppression, audit)
    this.#standing = [suppression, ...this.#standing]
    return suppression
  }

  /** Ends a suppression; null when there is none in force with this id. Errors: `ERR_RECORD_WRITE`. */
  async unsuppress(id: string, actor: string): Promise<Suppression | null> {
    const { triage, clock } = this.#options
    await this.#writeCounts()
    const suppression = triage.suppression(id)
    if (suppression === null || suppression.liftedAtMs !== null) return null
    const lifted = { ...suppression, liftedAtMs: clock.nowMs() }
    const details = { hidden: suppression.hidden }
    const audit = { actor, action: 'suppression.lifted', subject: suppression.id, details }
    await triage.saveSuppression(lifted, audit)
    this.#standing = this.#standing.filter((one) => one.id !== suppression.id)
    return lifted
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#writeCounts()
  }

  async #writeCounts(): Promise<void> {
    const { triage, log } = this.#options
    for (const [id, stories] of [...this.#counts]) {
      this.#counts.delete(id)
      try {
        await triage.countHidden(id, stories)
      } catch (error) {
        if (!(error instanceof PicketError)) throw error
        this.#counts.set(id, (this.#counts.get(id) ?? 0) + stories)
        log.warn('what a suppression hid could not be counted', { id, reason: error.message })
        return
      }
    }
  }
}
