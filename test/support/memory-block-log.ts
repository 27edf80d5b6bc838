/** A block log that keeps blocks and their audit rows in memory. */
import { cidrOverlaps, parseCidr } from '../../src/net/cidr.ts'
import type { AuditEntry, Block, BlockLog, BlockQuery } from '../../src/record/block-log.ts'

const STANDING = ['pending', 'active', 'failed']

export class MemoryBlockLog implements BlockLog {
  readonly blocks = new Map<string, Block>()
  readonly audit: AuditEntry[] = []

  save(block: Block, audit: AuditEntry): Promise<void> {
    this.blocks.set(block.id, block)
    this.audit.push(audit)
    return Promise.resolve()
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
