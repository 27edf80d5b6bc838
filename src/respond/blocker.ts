/**
 * Orders, lifts and keeps blocks: the record says what is blocked, and the firewall is made equal to it.
 *
 * Every change is written before it is made; restart, crash and somebody else's flush all end in the same
 * `reconcile`. One change at a time.
 */
import type { Clock } from '../core/clock.ts'
import { PicketError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import { uuidv7 } from '../core/uuid.ts'
import { formatCidr, type Cidr } from '../net/cidr.ts'
import type { Block, BlockLog } from '../record/block-log.ts'
import type { RespondConfig } from './config.ts'
import { Enforcement } from './enforcement.ts'
import type { Firewall } from './firewall.ts'
import { BlockRefused, guardAll, refusal, type GuardFacts } from './guards/refusal.ts'
import { expiryOf, laterExpiry, readTarget, type BlockOrder } from './order.ts'
import { markActive, markFailed, obstacleTo } from './reconcile.ts'
import { entryOf, isStanding, StandingBlocks } from './standing-blocks.ts'

/** The longest delay a timer of Node can wait. */
const MAX_TIMER_MS = 0x7fffffff

export interface BlockerOptions {
  readonly firewall: Firewall
  readonly blocks: BlockLog
  readonly guardFacts: () => Promise<GuardFacts>
  readonly clock: Clock
  readonly log: Log
  readonly config: RespondConfig
}

export interface BlockerStatus {
  /** The firewall's name. */
  readonly name: string
  readonly usable: boolean
  readonly activeBlocks: number
  /** What keeps blocks from being enforced; null when nothing does. */
  readonly problem: string | null
}

export interface Blocker {
  /**
   * Blocks a target; resolves once the firewall holds it.
   *
   * A block that stands on the same target is extended, never shortened, and returned with `created`
   * false. Errors: `ERR_API_REQUEST` for a target or time that is none; `BlockRefused` naming the guard;
   * `ERR_RECORD_WRITE`, nothing is changed then; `ERR_FIREWALL_*`, the block is then recorded as failed
   * and tried again at each reconciliation.
   */
  order(order: BlockOrder): Promise<{ readonly block: Block; readonly created: boolean }>
  /** Lifts a block; null when there is none of this id. One that is over already is returned as it is. */
  lift(id: string, actor: string): Promise<Block | null>
  /** Lifts every block and returns how many there were. */
  liftAll(actor: string): Promise<number>
  /** Puts the firewall right and says what had to be. Errors: `ERR_FIREWALL_*`, `ERR_RECORD_WRITE`. */
  reconcile(): Promise<{ readonly repaired: readonly string[] }>
  /** Reconciles now and from then on; never rejects for the firewall's sake: see `status`. */
  start(): Promise<void>
  /** Ends what is under way; clears the firewall, not the record, where `respond.onStop` is `lift`. */
  stop(): Promise<void>
  status(): BlockerStatus
}

/** Makes a blocker; nothing is read or changed until it is started or asked. */
export function createBlocker(options: BlockerOptions): Blocker {
  return new RecordedBlocker(options)
}

class RecordedBlocker implements Blocker {
  readonly #options: BlockerOptions
  readonly #standing: StandingBlocks
  readonly #enforcement: Enforcement
  #tail: Promise<unknown> = Promise.resolve()
  #ticker: NodeJS.Timeout | undefined
  #expiryTimer: NodeJS.Timeout | undefined
  #isRunning = false

  constructor(options: BlockerOptions) {
    this.#options = options
    this.#standing = new StandingBlocks(options.blocks)
    this.#enforcement = new Enforcement({ ...options, standing: this.#standing })
  }

  async order(order: BlockOrder): Promise<{ block: Block; created: boolean }> {
    const target = readTarget(order.target)
    const { clock, config } = this.#options
    const expiresAtMs = expiryOf(order.ttlSeconds, config.defaultTtlSeconds, clock.nowMs())
    const facts = await this.#options.guardFacts()
    return this.#oneAtATime(async () => {
      await this.#enforcement.expireDue()
      this.#guard(target, facts, order.callerAddress)
      const { block, created } = await this.#recordOrder(order, formatCidr(target), expiresAtMs)
      return { block: await this.#enforce(block), created }
    })
  }

  lift(id: string, actor: string): Promise<Block | null> {
    return this.#oneAtATime(async () => {
      const block = this.#options.blocks.get(id)
      if (block === null || !isStanding(block)) {
        await this.#enforcement.settle()
        return block
      }
      const lifted = await this.#recordLift(block, actor)
      const entry = entryOf(block, this.#options.clock.nowMs())
      await this.#enforcement.apply(() => this.#options.firewall.remove([entry]))
      return lifted
    })
  }

  liftAll(actor: string): Promise<number> {
    return this.#oneAtATime(async () => {
      const blocks = this.#standing.all()
      await Promise.all(blocks.map((block) => this.#recordLift(block, actor)))
      await this.#enforcement.reconcile()
      return blocks.length
    })
  }

  reconcile(): Promise<{ repaired: readonly string[] }> {
    return this.#oneAtATime(async () => ({ repaired: await this.#enforcement.reconcile() }))
  }

  async start(): Promise<void> {
    this.#isRunning = true
    await this.#tick()
    const { reconcileSeconds } = this.#options.config
    if (!this.#isRunning) return
    this.#ticker = setInterval(() => void this.#tick(), reconcileSeconds * 1000)
  }

  async stop(): Promise<void> {
    this.#isRunning = false
    clearInterval(this.#ticker)
    clearTimeout(this.#expiryTimer)
    await this.#tail
    if (this.#options.config.onStop === 'keep') return
    try {
      await this.#options.firewall.teardown()
    } catch (error) {
      if (!(error instanceof PicketError)) throw error
      this.#options.log.error('Blocks stay in the firewall', { why: error.message })
    }
  }

  status(): BlockerStatus {
    const failed = this.#standing.count('failed')
    const { fault } = this.#enforcement
    return {
      name: this.#options.firewall.name,
      usable: fault === null,
      activeBlocks: this.#standing.count('active'),
      problem: fault ?? inWords(failed),
    }
  }

  #guard(target: Cidr, facts: GuardFacts, callerAddress: string | null): void {
    const caller = guardAll('caller', callerAddress === null ? [] : [callerAddress])
    const refused = refusal(target, { ...facts, guarded: [...facts.guarded, ...caller] })
    if (refused !== null) throw new BlockRefused(formatCidr(target), refused)
    const { maxActiveBlocks } = this.#options.config
    const text = formatCidr(target)
    if (this.#standing.find(text) !== null || this.#standing.size < maxActiveBlocks) return
    const why = `${maxActiveBlocks} blocks stand already`
    throw new BlockRefused(text, { guard: 'too-many-blocks', why })
  }

  async #recordOrder(
    order: BlockOrder,
    target: string,
    expiresAtMs: number | null,
  ): Promise<{ block: Block; created: boolean }> {
    const { actor, reason, source, orderedBy, eventId, callerAddress } = order
    const details = { expiresAtMs, reason, source, eventId, callerAddress }
    const known = this.#standing.find(target)
    if (known !== null) {
      const later = laterExpiry(known.expiresAtMs, expiresAtMs)
      if (later === known.expiresAtMs) return { block: known, created: false }
      const extended = { ...known, expiresAtMs: later }
      await this.#standing.save(extended, actor, 'block.extended', details)
      return { block: extended, created: false }
    }
    const createdAtMs = this.#options.clock.nowMs()
    const block: Block = {
      ...{ id: uuidv7(createdAtMs), target, state: 'pending', createdAtMs, expiresAtMs },
      ...{ liftedAtMs: null, reason, source, orderedBy, eventId, failure: null },
    }
    return {
      block: await this.#standing.save(block, actor, 'block.ordered', details),
      created: true,
    }
  }

  async #recordLift(block: Block, actor: string): Promise<Block> {
    const liftedAtMs = this.#options.clock.nowMs()
    const lifted: Block = { ...block, state: 'lifted', liftedAtMs, failure: null }
    return this.#standing.save(lifted, actor, 'block.lifted')
  }

  async #enforce(block: Block): Promise<Block> {
    const { firewall, clock } = this.#options
    try {
      await this.#enforcement.apply(() => firewall.add([entryOf(block, clock.nowMs())]))
    } catch (error) {
      if (error instanceof PicketError) await this.#recordFailure(block.target, error.message)
      throw error
    }
    const obstacle = obstacleTo(firewall, block)
    if (obstacle !== null) {
      throw new PicketError('ERR_FIREWALL_FAILED', `${block.target} can't be blocked: ${obstacle}`)
    }
    return markActive(this.#standing, this.#standing.find(block.target) ?? block)
  }

  async #recordFailure(target: string, failure: string): Promise<void> {
    const block = this.#standing.find(target)
    if (block !== null) await markFailed(this.#standing, block, failure)
  }

  #tick(): Promise<void> {
    return this.#oneAtATime(async () => {
      try {
        await this.#enforcement.reconcile()
      } catch (error) {
        // `status` and the log tell what is wrong, and the next tick tries again.
        if (!(error instanceof PicketError)) throw error
      }
    })
  }

  async #oneAtATime<Result>(task: () => Promise<Result>): Promise<Result> {
    const result = this.#tail.then(task)
    this.#tail = result.catch(() => undefined)
    try {
      return await result
    } finally {
      this.#armExpiry()
    }
  }

  #armExpiry(): void {
    clearTimeout(this.#expiryTimer)
    const next = this.#isRunning ? this.#standing.nextExpiryMs() : null
    if (next === null) return
    const delayMs = Math.min(MAX_TIMER_MS, Math.max(1, next - this.#options.clock.nowMs()))
    this.#expiryTimer = setTimeout(
      () => void this.#oneAtATime(() => this.#enforcement.expireDue()),
      delayMs,
    )
  }
}

function inWords(failedBlocks: number): string | null {
  if (failedBlocks === 0) return null
  return `${failedBlocks} ${failedBlocks === 1 ? 'block is' : 'blocks are'} recorded but not in force`
}
