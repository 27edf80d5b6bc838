/** The blocks that stand, by target: what the record holds, at hand without asking the disk each time. */
import { parseCidr } from '../net/cidr.ts'
import type { AuditEntry, Block, BlockLog, BlockState } from '../record/block-log.ts'
import type { FirewallEntry } from './firewall.ts'

const STANDING: ReadonlySet<BlockState> = new Set(['pending', 'active', 'failed'])

/** The blocker is the record's only writer of blocks, so what is read once stays true. */
export class StandingBlocks {
  readonly #log: BlockLog
  #byTarget: Map<string, Block> | null = null

  constructor(log: BlockLog) {
    this.#log = log
  }

  get size(): number {
    return this.#blocks().size
  }

  all(): readonly Block[] {
    return [...this.#blocks().values()]
  }

  /** Finds the block that stands on exactly this target. */
  find(target: string): Block | null {
    return this.#blocks().get(target) ?? null
  }

  count(state: BlockState): number {
    let count = 0
    for (const block of this.#blocks().values()) if (block.state === state) count += 1
    return count
  }

  /** Those whose time is over. */
  due(nowMs: number): readonly Block[] {
    return this.all().filter((block) => isOver(block, nowMs))
  }

  /** When the next one ends, ms since the epoch; null when none does. */
  nextExpiryMs(): number | null {
    let next = Infinity
    for (const { expiresAtMs } of this.#blocks().values()) {
      if (expiresAtMs !== null && expiresAtMs < next) next = expiresAtMs
    }
    return next === Infinity ? null : next
  }

  /** Writes the block with its audit row, then counts it in or out. Errors: `ERR_RECORD_WRITE`. */
  async save(
    block: Block,
    actor: string,
    action: string,
    details: AuditEntry['details'] = {},
  ): Promise<Block> {
    const { id, target } = block
    await this.#log.save(block, { actor, action, subject: id, details: { target, ...details } })
    if (STANDING.has(block.state)) this.#blocks().set(target, block)
    else this.#blocks().delete(target)
    return block
  }

  #blocks(): Map<string, Block> {
    this.#byTarget ??= new Map(this.#log.standing().map((block) => [block.target, block]))
    return this.#byTarget
  }
}

/** Says whether a block in this state stands: is in force, or is to be. */
export function isStanding(block: Block): boolean {
  return STANDING.has(block.state)
}

/** Says whether the block's time is over. */
export function isOver(block: Block, nowMs: number): boolean {
  return block.expiresAtMs !== null && block.expiresAtMs <= nowMs
}

/** States a block as the firewall is to hold it from now on. */
export function entryOf(block: Block, nowMs: number): FirewallEntry {
  const { target, expiresAtMs } = block
  const remainingSeconds = expiresAtMs === null ? null : Math.ceil((expiresAtMs - nowMs) / 1000)
  return { target, family: parseCidr(target)?.network.family ?? 4, remainingSeconds }
}
