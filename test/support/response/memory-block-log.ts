/** A block log that keeps blocks and their audit rows in memory. */
import { cidrOverlaps, parseCidr } from '../../../src/net/cidr.ts'
import type { Cidr } from '../../../src/net/cidr.ts'
import type {
  AuditEntry,
  Block,
  BlockChange,
  BlockHistory,
  BlockLog,
  BlockQuery,
} from '../../../src/record/logs/block-log.ts'

const STANDING = ['pending', 'active', 'failed']

export class MemoryBlockLog implements BlockLog {
  readonly blocks = new Map<string, Block>()
  readonly audit: AuditEntry[] = []
  /** How often something was written. */
  writes = 0

  save(changes: readonly BlockChange[]): Promise<void> {
    this.writes += 1
    for (const { block, audit } of changes) {
      this.blocks.set(block.id, block)
      this.audit.push(audit)
    }
    return Promise.resolve()
  }

  history(target: Cidr, sinceMs: number): BlockHistory {
    const touching = [...this.blocks.values()].filter((block) =>
      cidrOverlaps(parseCidr(block.target)!, target),
    )
    const lifts = touching.map(({ liftedAtMs }) => liftedAtMs ?? -Infinity)
    const lastLiftMs = Math.max(...lifts.filter((liftedMs) => liftedMs >= sinceMs))
    return {
      automaticBlocks: touching.filter(
        ({ source, createdAtMs }) => ['policy', 'feed'].includes(source) && createdAtMs >= sinceMs,
      ).length,
      lastLiftMs: lastLiftMs === -Infinity ? null : lastLiftMs,
    }
  }

  get(id: string): Block | null {
    return this.blocks.get(id) ?? null
  }

  standing(): readonly Block[] {
    return [...this.blocks.values()].filter(({ state }) => STANDING.includes(state))
  }

  list({ state, target, limit }: BlockQuery): { items: Block[]; nextCursor: null } {
    const ofState = state ? [...this.blocks.values()].filter((b) => b.state === state) : null
    const items = (ofState ?? this.standing()).filter((block) => {
      const range = parseCidr(block.target)
      return target === undefined || (range !== null && cidrOverlaps(range, target))
    })
    return { items: items.toReversed().slice(0, limit), nextCursor: null }
  }
}
