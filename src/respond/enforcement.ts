/** Keeps the firewall equal to the blocks that stand, and knows whether it is. */
import type { Clock } from '../core/clock.ts'
import { PicketError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import type { Firewall } from './firewall.ts'
import { markExpired, reconcile } from './reconcile.ts'
import { entryOf, type StandingBlocks } from './standing-blocks.ts'

export interface EnforcementOptions {
  readonly firewall: Firewall
  readonly standing: StandingBlocks
  readonly clock: Clock
  readonly log: Log
}

/** Not for two callers at a time: the blocker lets in one after the other. */
export class Enforcement {
  readonly #options: EnforcementOptions
  /** False when the firewall may differ from the record: the next change then compares everything. */
  #isSettled = false
  #wasSettled = false
  #fault: string | null = null

  constructor(options: EnforcementOptions) {
    this.#options = options
  }

  /** Why the firewall could not be used at the last attempt; null when it could. */
  get fault(): string | null {
    return this.#fault
  }

  /**
   * Makes one change; where the firewall is not as it should be, before or after, all is put right.
   *
   * Errors: those of `reconcile`.
   */
  async apply(change: () => Promise<void>): Promise<void> {
    if (this.#isSettled) {
      try {
        await change()
        if (await this.#options.firewall.isIntact()) return
      } catch (error) {
        if (!(error instanceof PicketError)) throw error
        const why = error.message
        this.#options.log.warn('The firewall refused a change; all is compared', { why })
      }
    }
    await this.reconcile()
  }

  /** Reconciles unless the firewall is known to be right. Errors: those of `reconcile`. */
  async settle(): Promise<void> {
    if (!this.#isSettled) await this.reconcile()
  }

  /** Compares and repairs; returns what had to be. Errors: `ERR_FIREWALL_*`, `ERR_RECORD_WRITE`. */
  async reconcile(): Promise<string[]> {
    const { firewall, standing, clock, log } = this.#options
    this.#isSettled = false
    try {
      const repaired = await reconcile(firewall, standing, clock.nowMs())
      if (this.#fault !== null) log.info('The firewall can be used again')
      // After a start there is always something to do; later somebody else was at the firewall.
      const tell = this.#wasSettled ? log.warn : log.info
      if (repaired.length > 0) tell('The firewall was put right', { repaired })
      this.#fault = null
      this.#isSettled = true
      this.#wasSettled = true
      return repaired
    } catch (error) {
      this.#noteFault(error)
      throw error
    }
  }

  /** Records blocks whose time is over as expired and takes them out; a failure is noted as `fault`. */
  async expireDue(): Promise<void> {
    const { firewall, standing, clock } = this.#options
    const nowMs = clock.nowMs()
    if (standing.due(nowMs).length === 0) return
    try {
      const expired = await markExpired(standing, nowMs)
      const entries = expired.map((block) => entryOf(block, nowMs))
      await this.apply(() => firewall.remove(entries))
    } catch (error) {
      this.#noteFault(error)
    }
  }

  /** Keeps a failure of the world for `fault`, logged once; our own mistakes go on up. */
  #noteFault(error: unknown): void {
    if (!(error instanceof PicketError)) throw error
    if (this.#fault === error.message) return
    this.#fault = error.message
    this.#options.log.error('Blocks are not enforced', { why: error.message, hint: error.hint })
  }
}
