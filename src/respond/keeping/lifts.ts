/**
 * Lets blocks go. A lift is recorded before it is made like every change, but one that the record does not take is made
 * all the same and recorded as soon as it can be: nobody is to stay locked out for a disk that fails.
 */
import type { Clock } from '../../core/clock.ts'
import { PicketError } from '../../core/errors.ts'
import type { Log } from '../../core/log/log.ts'
import { counted } from '../../core/text/amount.ts'
import type { Block } from '../../record/logs/block-log.ts'
import type { Firewall } from '../firewall.ts'
import type { Enforcement } from './enforcement.ts'
import { isStanding, type BlockStep, type StandingBlocks } from './standing-blocks.ts'
import type { Tally } from './tally.ts'

export interface LiftsOptions {
  readonly standing: StandingBlocks
  readonly tally: Tally
  readonly enforcement: Enforcement
  readonly firewall: Firewall
  readonly clock: Clock
  readonly log: Log
  /** Whether nothing of ours is to be in the firewall at all. */
  isOff(): boolean
}

/** Not for two callers at a time: the blocker lets in one after the other. */
export class Lifts {
  readonly #options: LiftsOptions
  /** What the record has still to be told, by the block's id. */
  readonly #unwritten = new Map<string, BlockStep>()
  #refusal = ''

  constructor(options: LiftsOptions) {
    this.#options = options
  }

  /** What the record does not know yet, and why; null where it knows all. */
  get problem(): string | null {
    const { size } = this.#unwritten
    if (size === 0) return null
    return `${counted(size, 'lift')} in force and not on record yet, so that another start would block again: ${this.#refusal}`
  }

  /** Lifts these blocks, which stand. Errors: `ERR_FIREWALL_*`. */
  async lift(blocks: readonly Block[], actor: string): Promise<readonly Block[]> {
    if (blocks.length === 0) return []
    const { standing, tally, enforcement, firewall, clock, isOff } = this.#options
    const nowMs = clock.nowMs()
    await this.#count(blocks, nowMs)
    const steps = blocks.map((block): BlockStep => {
      const over = { state: 'lifted', liftedAtMs: nowMs, liftedBy: actor, failure: null } as const
      return { block: { ...tally.told(block), ...over }, actor, action: 'block.lifted' }
    })
    await this.#record(steps)
    const lifted = steps.map(({ block }) => block)
    const entries = standing.entriesToRemove(lifted, nowMs)
    if (isOff()) await enforcement.clear()
    else await enforcement.apply(entries, () => firewall.remove(entries))
    for (const block of lifted) tally.forget(block)
    return lifted
  }

  /** Records what was lifted without, where the record takes it by now. */
  async writeLate(): Promise<void> {
    if (this.#unwritten.size === 0) return
    const steps = [...this.#unwritten.values()]
    this.#unwritten.clear()
    await this.#record(steps)
    if (this.#unwritten.size === 0)
      this.#options.log.info('Lifts are on record', { lifts: steps.length })
  }

  /** Gives the block as it is, though the record may not know. */
  told(block: Block): Block {
    const known = this.#unwritten.get(block.id)?.block ?? block
    return isStanding(known) ? this.#options.tally.told(known) : known
  }

  async #record(steps: readonly BlockStep[]): Promise<void> {
    const { standing, log } = this.#options
    try {
      await standing.save(steps)
    } catch (error) {
      if (!(error instanceof PicketError)) throw error
      standing.countAs(steps)
      for (const step of steps) this.#unwritten.set(step.block.id, step)
      if (error.message !== this.#refusal) log.error('Lifts could not be recorded and are in force', { lifts: steps.length, reason: error.message }) // prettier-ignore
      this.#refusal = error.message
    }
  }

  /** Reads once more what these blocks stopped, before nobody counts it any more. */
  async #count(blocks: readonly Block[], nowMs: number): Promise<void> {
    const { tally, firewall } = this.#options
    try {
      tally.read(blocks, await firewall.list(), nowMs)
    } catch (error) {
      // What was counted at the last reconciliation has to do; the lift itself tells what is wrong.
      if (!(error instanceof PicketError)) throw error
    }
  }
}
