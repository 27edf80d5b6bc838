/** Keeps the firewall equal to the blocks that stand, and knows whether it is. */
import type { Clock } from '../../core/clock.ts'
import { PicketError } from '../../core/errors.ts'
import type { Log } from '../../core/log/log.ts'
import type { Firewall, FirewallEntry, HeldEntry } from '../firewall.ts'
import { heldAsWanted, markExpired, reconcile, type Repair } from './reconcile.ts'
import type { StandingBlocks } from './standing-blocks.ts'
import type { Tally } from './tally.ts'

export interface EnforcementOptions {
  readonly firewall: Firewall
  readonly standing: StandingBlocks
  readonly tally: Tally
  readonly clock: Clock
  readonly log: Log
  /** Told what somebody else had done to the firewall, once it is put right. */
  onRepaired?(repaired: readonly string[]): void
}

/** Not for two callers at a time: the blocker lets in one after the other. */
export class Enforcement {
  readonly #options: EnforcementOptions
  /** False when the firewall may differ from the record: the next change then compares everything. */
  #isSettled = false
  #wasSettled = false
  #toldIpv6Problem: string | null = null
  #fault: string | null = null

  constructor(options: EnforcementOptions) {
    this.#options = options
  }

  /** Why the firewall could not be used at the last attempt; null when it could. */
  get fault(): string | null {
    return this.#fault
  }

  /**
   * Makes one change, of these entries; where the firewall is not as it should be for them, before or after, all is put
   * right.
   *
   * Gives why blocks that were not in force yet are not now either; null where nothing stands in the way.
   * Errors: those of `reconcile`.
   */
  async apply(
    entries: readonly FirewallEntry[],
    change: () => Promise<void>,
  ): Promise<PicketError | null> {
    if (this.#isSettled) {
      try {
        await change()
        if (await this.#options.firewall.isIntact(entries)) return null
      } catch (error) {
        if (!(error instanceof PicketError)) throw error
        const why = error.message
        this.#options.log.warn('The firewall refused a change; all is compared', { why })
      }
    }
    return (await this.#compare()).failure
  }

  /** Takes everything of ours out; the next change compares everything, and is told to nobody. Errors: `ERR_FIREWALL_*`. */
  async clear(): Promise<void> {
    this.#isSettled = false
    await this.#options.firewall.teardown()
  }

  /** Reconciles unless the firewall is known to be right. Errors: those of `reconcile`. */
  async settle(): Promise<void> {
    if (!this.#isSettled) await this.reconcile()
  }

  /**
   * Looks whether all is as it should be, changing nothing, so that orders may be done meanwhile; gives what the
   * firewall holds, null where only `reconcile` can tell or mend.
   */
  async look(): Promise<readonly HeldEntry[] | null> {
    const { standing, clock } = this.#options
    const nowMs = clock.nowMs()
    if (!this.#isSettled || standing.due(nowMs).length > 0) return null
    try {
      return await heldAsWanted(this.#options, nowMs)
    } catch (error) {
      if (!(error instanceof PicketError)) throw error
      return null
    }
  }

  /** Compares and repairs; returns what had to be. Errors: `ERR_FIREWALL_*`, `ERR_RECORD_WRITE`. */
  async reconcile(): Promise<readonly string[]> {
    return (await this.#compare()).repaired
  }

  async #compare(): Promise<Repair> {
    const { clock, log } = this.#options
    const isForeign = this.#wasSettled && this.#isSettled
    this.#isSettled = false
    try {
      const repair = await reconcile(this.#options, clock.nowMs())
      const { repaired, isTampering } = repair
      if (this.#fault !== null) log.info('The firewall can be used again')
      if (repaired.length > 0) this.#tell(repaired, isForeign && isTampering)
      this.#tellIpv6Problem()
      this.#fault = null
      this.#isSettled = true
      this.#wasSettled = true
      return repair
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
      const expired = await markExpired(this.#options, nowMs)
      const entries = standing.entriesToRemove(expired, nowMs)
      await this.apply(entries, () => firewall.remove(entries))
    } catch (error) {
      this.#noteFault(error)
    }
  }

  /** After a start, or a failure of ours, there is something to do; else somebody else was at the firewall. */
  #tell(repaired: readonly string[], isForeign: boolean): void {
    const { log, onRepaired } = this.#options
    const tell = isForeign ? log.warn : log.info
    tell('The firewall was put right', { repaired })
    if (isForeign) onRepaired?.(repaired)
  }

  /** Half of the addresses may be out of reach without any order having failed yet. */
  #tellIpv6Problem(): void {
    const { firewall, log } = this.#options
    const { ipv6Problem } = firewall
    if (ipv6Problem === this.#toldIpv6Problem) return
    this.#toldIpv6Problem = ipv6Problem
    if (ipv6Problem === null) log.info('IPv6 addresses can be blocked again')
    else log.warn('IPv6 addresses cannot be blocked on this host', { why: ipv6Problem })
  }

  /** Keeps a failure of the world for `fault`, logged once; our own mistakes go on up. */
  #noteFault(error: unknown): void {
    if (!(error instanceof PicketError)) throw error
    if (this.#fault === error.message) return
    this.#fault = error.message
    this.#options.log.error('Blocks are not enforced', { why: error.message, hint: error.hint })
  }
}
