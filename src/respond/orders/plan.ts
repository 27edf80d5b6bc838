/** Decides about orders before anything is done: which are refused, which make a block, which only extend one. */
import { uuidv7 } from '../../core/uuid.ts'
import { formatCidr, type Cidr } from '../../net/cidr.ts'
import type { Block, BlockLog, BlockScope } from '../../record/logs/block-log.ts'
import { PicketError } from '../../core/errors.ts'
import {
  BlockRefused,
  guardAll,
  refusal,
  type Guard,
  type GuardedRange,
  type GuardFacts,
  type Refusal,
} from '../guards/refusal.ts'
import {
  rangeKeysOf,
  sizeOf,
  type BlockStep,
  type StandingBlocks,
} from '../keeping/standing-blocks.ts'
import {
  automaticTtlSeconds,
  historySinceMs,
  liftSticks,
  widened,
  type AutomaticConfig,
} from './automatic.ts'
import { expiryOf, isAutomatic, laterExpiry, readTarget, type BlockOrder } from './order.ts'
import { blockKey, readScope } from './scope.ts'

/** Of all blocks together: each range takes rules of its own, which every packet passes. */
const MAX_RANGES = 64

export interface PlanConfig {
  readonly defaultTtlSeconds: number
  readonly maxActiveBlocks: number
  /** The most entries that the firewall can hold; null where it does not matter. */
  readonly capacity: number | null
  readonly automatic: AutomaticConfig
}

export interface PlanParts {
  readonly standing: StandingBlocks
  readonly blocks: Pick<BlockLog, 'history'>
  readonly config: PlanConfig
  /** What people have put on the allowlist, as it is now: unlike what is read of the host it must not be a moment old. */
  readonly allowed: readonly GuardedRange[]
}

/** What comes of an order: a block, changed or not, or a refusal. */
export type Plan =
  | { readonly kind: 'refused'; readonly error: PicketError }
  | {
      readonly kind: 'block'
      readonly block: Block
      readonly outcome: 'created' | 'extended' | 'unchanged'
      /** Null where nothing is to be written. */
      readonly step: BlockStep | null
    }

/** What the guards judge. */
interface Asked {
  readonly order: BlockOrder
  readonly target: Cidr
  /** The block that stands on it. */
  readonly known: Block | null
  readonly scope: BlockScope
  readonly facts: GuardFacts
}

/** Plans orders one after the other, each seeing what the ones before it will have done. */
export class Planner {
  readonly #parts: PlanParts
  readonly #nowMs: number
  readonly #planned = new Map<string, Block>()
  /** Entries of the firewall, those planned included. */
  #size: number
  readonly #rangeKeys: Set<string>

  constructor(parts: PlanParts, nowMs: number) {
    this.#parts = parts
    this.#size = parts.standing.size
    this.#rangeKeys = new Set(parts.standing.rangeKeys())
    this.#nowMs = nowMs
  }

  /** Errors: `ERR_API_REQUEST` for an order that is none; `BlockRefused`. */
  plan(order: BlockOrder, facts: GuardFacts): Extract<Plan, { kind: 'block' }> {
    const { defaultTtlSeconds } = this.#parts.config
    const asked = readTarget(order.target)
    const target = isAutomatic(order) ? this.#widened(asked, facts) : asked
    const scope = readScope(order)
    const key = blockKey({ target: formatCidr(target), ...scope })
    const known = this.#planned.get(key) ?? this.#parts.standing.find(key)
    const ttlSeconds = this.#ttl(order, target, known)
    const expiresAtMs = order.expiresAtMs ?? expiryOf(ttlSeconds, defaultTtlSeconds, this.#nowMs)
    const passed = this.#guard({ order, target, known, scope, facts })
    const plan =
      known === null
        ? this.#create(order, formatCidr(target), scope, expiresAtMs, passed)
        : this.#extend(order, known, expiresAtMs, passed)
    this.#planned.set(key, plan.block)
    if (known === null) this.#size += sizeOf(scope)
    for (const rangeKey of rangeKeysOf(scope)) this.#rangeKeys.add(rangeKey)
    return plan
  }

  /** Plans, where a refusal is an outcome like any other. */
  planOrRefuse(order: BlockOrder, facts: GuardFacts): Plan {
    try {
      return this.plan(order, facts)
    } catch (error) {
      if (error instanceof PicketError) return { kind: 'refused', error }
      throw error
    }
  }

  /** An attacker may sit in the network of this host, which must not keep it from being blocked by itself. */
  #widened(asked: Cidr, facts: GuardFacts): Cidr {
    const wide = widened(asked, this.#parts.config.automatic)
    const guarded = [...facts.guarded, ...this.#parts.allowed]
    return refusal(wide, { ...facts, guarded }) === null ? wide : asked
  }

  /** Automatic blocks end, and last longer for those who come again. */
  #ttl(order: BlockOrder, target: Cidr, known: Block | null): number | null | undefined {
    if (!isAutomatic(order)) return order.ttlSeconds
    const { automatic, defaultTtlSeconds } = this.#parts.config
    const sinceMs = this.#nowMs - automatic.repeatDays * 86_400_000
    const before = this.#parts.blocks.history(target, sinceMs).automaticBlocks
    const others = known !== null && isAutomatic(known) ? before - 1 : before
    const asked = order.ttlSeconds === undefined ? defaultTtlSeconds : order.ttlSeconds
    return automaticTtlSeconds(asked, Math.max(0, others), automatic)
  }

  /** Gives the guards that were passed by `override`. Errors: `BlockRefused`. */
  #guard({ order, target, known, scope, facts }: Asked): readonly Guard[] {
    const { override = false, callerAddress } = order
    const caller = guardAll('caller', callerAddress === null ? [] : [callerAddress])
    const guarded = { ...facts, guarded: [...facts.guarded, ...this.#parts.allowed, ...caller] }
    const passed: Guard[] = []
    const refused =
      refusal(target, guarded, { override, passed }) ??
      (known === null ? this.#tooMany(scope, override) : null) ??
      (isAutomatic(order) ? this.#liftedBefore(target) : null)
    if (refused !== null) throw new BlockRefused(formatCidr(target), refused)
    return passed
  }

  #tooMany(scope: BlockScope, override: boolean): Refusal | null {
    const { maxActiveBlocks, capacity } = this.#parts.config
    const size = this.#size + sizeOf(scope)
    if (capacity !== null && size > capacity) {
      return { guard: 'firewall-full', why: `iptables without ipset takes ${capacity} entries` }
    }
    const ranges = new Set([...this.#rangeKeys, ...rangeKeysOf(scope)])
    if (ranges.size > MAX_RANGES && ranges.size > this.#rangeKeys.size) {
      return { guard: 'firewall-full', why: `${MAX_RANGES} different port ranges stand already` }
    }
    if (override || size <= maxActiveBlocks) return null
    return { guard: 'too-many-blocks', why: `${maxActiveBlocks} blocks stand already` }
  }

  #liftedBefore(target: Cidr): ReturnType<typeof liftSticks> {
    const { automatic } = this.#parts.config
    const sinceMs = historySinceMs(automatic, this.#nowMs)
    return liftSticks(this.#parts.blocks.history(target, sinceMs), automatic, this.#nowMs)
  }

  #create(
    order: BlockOrder,
    target: string,
    scope: BlockScope,
    expiresAtMs: number | null,
    passed: readonly Guard[],
  ): Extract<Plan, { kind: 'block' }> {
    const { reason, source, orderedBy, eventId } = order
    const createdAtMs = this.#nowMs
    const block: Block = {
      ...{ id: uuidv7(createdAtMs), target, ...scope, state: 'pending', createdAtMs, expiresAtMs },
      ...{ liftedAtMs: null, liftedBy: null, reason, source, orderedBy, eventId, failure: null },
      ...{ verifiedAtMs: null, stoppedPackets: 0, stoppedBytes: 0 },
    }
    const step = stepOf(order, block, 'block.ordered', passed)
    return { kind: 'block', block, outcome: 'created', step }
  }

  #extend(
    order: BlockOrder,
    known: Block,
    expiresAtMs: number | null,
    passed: readonly Guard[],
  ): Extract<Plan, { kind: 'block' }> {
    const later = laterExpiry(known.expiresAtMs, expiresAtMs)
    if (later === known.expiresAtMs) {
      return { kind: 'block', block: known, outcome: 'unchanged', step: null }
    }
    const block = { ...known, expiresAtMs: later }
    const step = stepOf(order, block, 'block.extended', passed)
    return { kind: 'block', block, outcome: 'extended', step }
  }
}

function stepOf(
  order: BlockOrder,
  block: Block,
  action: string,
  passed: readonly Guard[],
): BlockStep {
  const { reason, source, eventId, callerAddress, actor } = order
  const { direction, protocol, ports, expiresAtMs } = block
  const overridden = passed.length === 0 ? {} : { overridden: passed }
  const scope = { direction, protocol, ports }
  const details = { expiresAtMs, ...scope, reason, source, eventId, callerAddress, ...overridden }
  return { block, actor, action, details }
}
