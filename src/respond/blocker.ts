/**
 * Orders, lifts and keeps blocks: the record says what is blocked, and the firewall is made equal to it.
 *
 * Every change is written before it is made; restart, crash and somebody else's flush all end in the same
 * `reconcile`. One change at a time.
 */
import type { Clock } from '../core/clock.ts'
import { PicketError } from '../core/errors.ts'
import type { Log } from '../core/log/log.ts'
import type { Cidr } from '../net/cidr.ts'
import type { Block, BlockLog } from '../record/logs/block-log.ts'
import type { RespondConfig } from './config.ts'
import type { Firewall, RuleWatch } from './firewall.ts'
import { PreparedFacts } from './guards/prepared-facts.ts'
import { guardAllowed, type AllowedNow } from './guards/guard-facts.ts'
import { BlockRefused, type GuardFacts } from './guards/refusal.ts'
import { Enforcement } from './keeping/enforcement.ts'
import { Lifts } from './keeping/lifts.ts'
import { isStanding, StandingBlocks } from './keeping/standing-blocks.ts'
import { Tally } from './keeping/tally.ts'
import { Gathered } from './turns/gathered.ts'
import { OneAtATime } from './turns/one-at-a-time.ts'
import type { AutomaticConfig } from './orders/automatic.ts'
import { answerAll, type Answer, type OrderCall } from './orders/answer.ts'
import type { Means, Ordered } from './orders/carry-out.ts'
import { isAutomatic, type BlockOrder } from './orders/order.ts'
import { Planner } from './orders/plan.ts'
import type { PanicSwitch } from './panic.ts'

/** The longest delay a timer of Node can wait. */
const MAX_TIMER_MS = 0x7fffffff
/** Who flushes rules puts others in their place meanwhile: firewalld, docker, `iptables-restore`. */
const LOOK_AFTER_MS = 250
/** Hosts of containers change their rules all the time, and a look takes some 20 ms of processes. */
const LOOK_AGAIN_AFTER_MS = 2_000
/** What is over already could not be ended just now: the record cannot be written, and may be soon. */
const RETRY_EXPIRY_MS = 1_000

export interface BlockerOptions {
  readonly firewall: Firewall
  /** Those that were used before, from which everything of ours is taken at the start. */
  readonly former?: readonly Firewall[]
  readonly blocks: BlockLog
  readonly guardFacts: () => Promise<GuardFacts>
  /** What people have put on the allowlist since the start, as it is now; absent where they cannot. */
  readonly allowedNow?: () => readonly AllowedNow[]
  readonly clock: Clock
  readonly log: Log
  readonly config: RespondConfig
  readonly automatic: AutomaticConfig
  /** While it is on, nothing is blocked; absent where there is none. */
  readonly panic?: Pick<PanicSwitch, 'isOn' | 'read'>
  /** Told what somebody else had done to the firewall, once it is put right. */
  onRepaired?(repaired: readonly string[]): void
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
   * A block that stands on the same target and scope is extended, never shortened, and returned with `created`
   * false. Errors: `ERR_API_REQUEST` for a target, scope or time that is none; `BlockRefused` naming the guard;
   * `ERR_RECORD_WRITE`, nothing is changed then; `ERR_FIREWALL_*`, the block is then recorded as failed
   * and tried again at each reconciliation.
   */
  order(order: BlockOrder): Promise<{ readonly block: Block; readonly created: boolean }>
  /** Reads what the guards need for an automatic order that is about to come, so that it need not wait for it. */
  prepare(): void
  /**
   * Does many orders in one write and one change of the firewall; each has an outcome of its own.
   *
   * `record` is called as they are written, and nothing is enforced before what it writes is in the record too. Where
   * it rejects, so does this; blocks that are written by then wait for the next order or reconciliation.
   */
  orderAll(orders: readonly BlockOrder[], record?: () => Promise<void>): Promise<readonly Ordered[]>
  /** Says which guard would refuse an order, changing nothing; null when none would. Errors: `ERR_API_REQUEST`. */
  refusalOf(order: BlockOrder): Promise<BlockRefused | null>
  /**
   * Lifts a block; null when there is none of this id. One that is over already is returned as it is.
   *
   * `assertMay` is shown the block as it is when its turn has come; what it throws is thrown, and nothing is lifted.
   */
  lift(id: string, actor: string, assertMay?: (block: Block) => void): Promise<Block | null>
  /**
   * Lifts every block, takes out whatever else the firewall holds of ours, and returns the blocks.
   *
   * A lift that the record does not take is made all the same, and recorded when it can be: see `status`.
   */
  liftAll(actor: string): Promise<readonly Block[]>
  /** Lifts the blocks whose targets touch the range, and returns them. */
  liftTouching(range: Cidr, actor: string): Promise<readonly Block[]>
  /** Gives the block with what the firewall was last seen to have stopped for it. */
  told(block: Block): Block
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
  readonly #tally = new Tally()
  readonly #enforcement: Enforcement
  readonly #lifts: Lifts
  readonly #facts: PreparedFacts
  readonly #changes = new OneAtATime()
  readonly #gathered: Gathered<OrderCall, Answer>
  #looking: Promise<boolean> | null = null
  #ticker: NodeJS.Timeout | undefined
  #expiryTimer: NodeJS.Timeout | undefined
  #watch: RuleWatch | null = null
  #lookTimer: NodeJS.Timeout | undefined
  #lookedAtMs = -Infinity
  #isRunning = false
  #isPanicking = false

  constructor(options: BlockerOptions) {
    this.#options = options
    this.#facts = new PreparedFacts(options.guardFacts)
    this.#standing = new StandingBlocks(options.blocks)
    const parts = { standing: this.#standing, tally: this.#tally }
    this.#enforcement = new Enforcement({ ...options, ...parts })
    const isOff = (): boolean => this.#isOff()
    this.#lifts = new Lifts({ ...options, ...parts, enforcement: this.#enforcement, isOff })
    this.#gathered = new Gathered(this.#changes, async (calls) => {
      await this.#lifts.writeLate()
      await this.#enforcement.expireDue()
      return answerAll(calls, this.#planner(), this.#means)
    })
  }

  async order(order: BlockOrder): Promise<{ block: Block; created: boolean }> {
    const [ordered] = await this.orderAll([order])
    if (ordered!.kind === 'refused') throw ordered!.error
    return { block: ordered!.block, created: ordered!.outcome === 'created' }
  }

  async orderAll(
    orders: readonly BlockOrder[],
    record?: () => Promise<void>,
  ): Promise<readonly Ordered[]> {
    this.#refuseInPanic(orders)
    const facts = await (orders.every(isAutomatic) ? this.#facts.readSoon() : this.#facts.readNow())
    try {
      const answer = await this.#gathered.run({ orders, facts, ...(record && { record }) })
      if (answer.status === 'rejected') throw answer.reason
      return answer.value
    } finally {
      this.#armExpiry()
    }
  }

  prepare(): void {
    this.#facts.prepare()
  }

  async refusalOf(order: BlockOrder): Promise<BlockRefused | null> {
    try {
      const facts = await this.#facts.readNow()
      this.#planner().plan(order, facts)
      return null
    } catch (error) {
      if (error instanceof BlockRefused) return error
      throw error
    }
  }

  lift(id: string, actor: string, assertMay?: (block: Block) => void): Promise<Block | null> {
    return this.#oneAtATime(async () => {
      const recorded = this.#options.blocks.get(id)
      const block = recorded && this.#lifts.told(recorded)
      if (block !== null) assertMay?.(block)
      if (block === null || !isStanding(block)) {
        await this.#enforcement.settle()
        return block
      }
      return (await this.#lifts.lift([block], actor))[0]!
    })
  }

  liftAll(actor: string): Promise<readonly Block[]> {
    return this.#oneAtATime(async () => {
      const lifted = await this.#lifts.lift(this.#standing.all(), actor)
      // Also what no block stands for is taken out then.
      if (this.#isOff()) await this.#enforcement.clear()
      else await this.#enforcement.reconcile()
      return lifted
    })
  }

  liftTouching(range: Cidr, actor: string): Promise<readonly Block[]> {
    return this.#oneAtATime(() => this.#lifts.lift(this.#standing.touching(range), actor))
  }

  told(block: Block): Block {
    return this.#lifts.told(block)
  }

  reconcile(): Promise<{ repaired: readonly string[] }> {
    return this.#oneAtATime(async () => ({ repaired: await this.#enforcement.reconcile() }))
  }

  async start(): Promise<void> {
    this.#isRunning = true
    // The first reading loads what it needs and asks name servers: 20 ms, and up to a second, that no block waits for.
    this.prepare()
    await this.#tick()
    const { config, firewall, former = [] } = this.#options
    // Only now: nobody is let in between. What is not there, or can't be used, can't be cleared.
    await Promise.allSettled(former.map((one) => one.teardown()))
    const { reconcileSeconds } = config
    if (!this.#isRunning) return
    this.#ticker = setInterval(() => void this.#tick(), reconcileSeconds * 1000)
    this.#watch = firewall.watch?.(() => this.#lookSoon()) ?? null
  }

  async stop(): Promise<void> {
    this.#isRunning = false
    clearInterval(this.#ticker)
    clearTimeout(this.#lookTimer)
    this.#watch?.close()
    clearTimeout(this.#expiryTimer)
    // In this order: what a look found wrong is asked to be changed when it ends.
    await this.#looking
    await this.#changes.settled()
    await this.#options.firewall.close?.()
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
    const panic = this.#options.panic?.read() ?? null
    const panicking = panic && `panic: ${panic.by} has switched blocking off (picket panic --end)`
    return {
      name: this.#options.firewall.name,
      usable: fault === null,
      activeBlocks: this.#standing.count('active'),
      problem: panicking ?? this.#lifts.problem ?? fault ?? inWords(failed),
    }
  }

  #planner(): Planner {
    const { blocks, clock, config, automatic, firewall, allowedNow } = this.#options
    const { capacity } = firewall
    const allowed = guardAllowed(allowedNow?.() ?? [])
    const parts = { standing: this.#standing, blocks, allowed }
    return new Planner({ ...parts, config: { ...config, automatic, capacity } }, clock.nowMs())
  }

  #refuseInPanic(orders: readonly BlockOrder[]): void {
    if (!this.#isOff()) return
    const target = orders[0]?.target.slice(0, 60) ?? 'nobody'
    const why = 'picket panic has switched blocking off'
    throw new BlockRefused(target, { guard: 'panic', why })
  }

  get #means(): Means {
    const { firewall, clock } = this.#options
    const enforcement = this.#enforcement
    return { standing: this.#standing, tally: this.#tally, enforcement, firewall, clock }
  }

  /** Rules were changed, perhaps by us. While orders are done each looks itself, and this one would hold them up. */
  #lookSoon(): void {
    if (!this.#isRunning) return
    const againInMs = this.#lookedAtMs + LOOK_AGAIN_AFTER_MS - performance.now()
    const look = (): void => {
      this.#lookTimer = undefined
      if (this.#changes.isIdle) void this.#tick()
      else this.#lookSoon()
    }
    this.#lookTimer ??= setTimeout(look, Math.max(LOOK_AFTER_MS, againInMs))
  }

  async #tick(): Promise<void> {
    if (this.#looking !== null) return
    this.#looking = this.#isRight()
    try {
      if (await this.#looking) return
    } finally {
      this.#looking = null
      this.#lookedAtMs = performance.now()
    }
    await this.#oneAtATime(async () => {
      try {
        if (await this.#heedPanic()) return
        await this.#enforcement.reconcile()
        if (this.#isRunning) this.#options.firewall.standBy?.()
      } catch (error) {
        // `status` and the log tell what is wrong, and the next tick tries again.
        if (!(error instanceof PicketError)) throw error
      }
    })
  }

  /** Looks beside the orders, which need not wait for it; one that came meanwhile makes the look worth nothing. */
  async #isRight(): Promise<boolean> {
    const { asked } = this.#changes
    if (this.#isOff() || !this.#changes.isIdle || this.#lifts.problem !== null) return false
    const held = await this.#enforcement.look()
    if (!this.#isRunning) return true
    if (held === null || this.#changes.asked > asked || this.#isOff()) return false
    this.#tally.read(this.#standing.all(), held, this.#options.clock.nowMs())
    this.#options.firewall.standBy?.()
    return true
  }

  /** While the switch is on, nothing of ours is left in the firewall and nothing stands. */
  async #heedPanic(): Promise<boolean> {
    if (!this.#isOff()) {
      this.#isPanicking = false
      return false
    }
    if (!this.#isPanicking) {
      this.#options.log.warn('Panic: every block is lifted, and none is made')
    }
    await this.#lifts.lift(this.#standing.all(), 'panic')
    await this.#enforcement.clear()
    this.#isPanicking = true
    return true
  }

  #isOff(): boolean {
    return this.#options.panic?.isOn === true
  }

  async #oneAtATime<Result>(task: () => Promise<Result>): Promise<Result> {
    try {
      return await this.#changes.run(async () => {
        await this.#lifts.writeLate()
        return await task()
      })
    } finally {
      this.#armExpiry()
    }
  }

  #armExpiry(): void {
    clearTimeout(this.#expiryTimer)
    const next = this.#isRunning ? this.#standing.nextExpiryMs() : null
    if (next === null) return
    const leftMs = next - this.#options.clock.nowMs()
    this.#expiryTimer = setTimeout(
      () => void this.#oneAtATime(() => this.#enforcement.expireDue()),
      leftMs > 0 ? Math.min(MAX_TIMER_MS, leftMs) : RETRY_EXPIRY_MS,
    )
  }
}

function inWords(failedBlocks: number): string | null {
  if (failedBlocks === 0) return null
  return `${failedBlocks} ${failedBlocks === 1 ? 'block is' : 'blocks are'} recorded but not in force`
}
