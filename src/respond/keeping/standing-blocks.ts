/** The blocks that stand, by target and scope: what the record holds, at hand without asking the disk each time. */
import { cidrOverlaps, parseCidr, type Cidr } from '../../net/cidr.ts'
import { formatPortRange } from '../../net/port-range.ts'
import type {
  AuditEntry,
  Block,
  BlockLog,
  BlockScope,
  BlockState,
} from '../../record/logs/block-log.ts'
import { entryKey, type FirewallEntry } from '../firewall.ts'
import { blockKey } from '../orders/scope.ts'

const STANDING: ReadonlySet<BlockState> = new Set(['pending', 'active', 'failed'])

/** A block as it is to be, and what the audit trail tells of it. */
export interface BlockStep {
  readonly block: Block
  readonly actor: string
  readonly action: string
  readonly details?: AuditEntry['details']
}

/** The blocker is the record's only writer of blocks, so what is read once stays true. */
export class StandingBlocks {
  readonly #log: BlockLog
  #byKey: Map<string, Block> | null = null

  constructor(log: BlockLog) {
    this.#log = log
  }

  /** How many entries of the firewall they are. */
  get size(): number {
    let size = 0
    for (const block of this.#blocks().values()) size += sizeOf(block)
    return size
  }

  /** Names the different ranges of ports in force, with what they are asked for. */
  rangeKeys(): ReadonlySet<string> {
    const keys = new Set<string>()
    // Few of a hundred thousand have ports, and each order asks.
    for (const block of this.#blocks().values()) {
      if (block.ports.length > 0) for (const key of rangeKeysOf(block)) keys.add(key)
    }
    return keys
  }

  all(): readonly Block[] {
    return [...this.#blocks().values()]
  }

  /** Finds the block that stands on exactly this target and scope. */
  find(key: string): Block | null {
    return this.#blocks().get(key) ?? null
  }

  /** Finds the blocks whose targets touch the range. */
  touching(range: Cidr): readonly Block[] {
    return this.all().filter(({ target }) => cidrOverlaps(parseCidr(target)!, range))
  }

  count(state: BlockState): number {
    let count = 0
    for (const block of this.#blocks().values()) if (block.state === state) count += 1
    return count
  }

  /** Those whose time is over. */
  due(nowMs: number): readonly Block[] {
    const due: Block[] = []
    for (const block of this.#blocks().values()) if (isOver(block, nowMs)) due.push(block)
    return due
  }

  /** When the next one ends, ms since the epoch; null when none does. */
  nextExpiryMs(): number | null {
    let next = Infinity
    for (const { expiresAtMs } of this.#blocks().values()) {
      if (expiresAtMs !== null && expiresAtMs < next) next = expiresAtMs
    }
    return next === Infinity ? null : next
  }

  /** What the firewall is to hold for them, each entry once and as long as the last block that needs it. */
  entries(nowMs: number): readonly FirewallEntry[] {
    return mergedEntries(this.all().filter((block) => !isOver(block, nowMs)), nowMs) // prettier-ignore
  }

  /** The entries of these blocks, which stand, each as long as the last block that needs it, and whether it is new. */
  entriesToAdd(blocks: readonly Block[], nowMs: number): readonly FirewallEntry[] {
    const beside = this.#beside(blocks, nowMs)
    const needed = entriesByKey(beside, nowMs)
    const inForce = entriesByKey([...blocks, ...beside].filter(isActive), nowMs)
    return mergedEntries(blocks, nowMs).map((entry) => {
      const key = entryKey(entry)
      return { ...(needed.get(key) ?? entry), isNew: !inForce.has(key) }
    })
  }

  /** The entries of these blocks, which are over, that no block that stands needs. */
  entriesToRemove(over: readonly Block[], nowMs: number): readonly FirewallEntry[] {
    const needed = entriesByKey(this.#beside(over, nowMs), nowMs)
    return mergedEntries(over, nowMs).filter((entry) => !needed.has(entryKey(entry)))
  }

  /** Writes the blocks with their audit rows, all or none, then counts them in or out. Errors: `ERR_RECORD_WRITE`. */
  async save(steps: readonly BlockStep[]): Promise<readonly Block[]> {
    await this.#log.save(
      steps.map(({ block, actor, action, details = {} }) => {
        const { id, target } = block
        return { block, audit: { actor, action, subject: id, details: { target, ...details } } }
      }),
    )
    this.countAs(steps)
    return steps.map(({ block }) => block)
  }

  /** Counts the blocks in or out, whatever the record says. */
  countAs(steps: readonly BlockStep[]): void {
    for (const { block } of steps) {
      const key = blockKey(block)
      if (isStanding(block)) this.#blocks().set(key, block)
      else if (this.#blocks().get(key)?.id === block.id) this.#blocks().delete(key)
    }
  }

  /** The blocks that stand on the same targets, these among them, where they may share entries. */
  #beside(blocks: readonly Block[], nowMs: number): readonly Block[] {
    // Whole targets are shared by nobody else: there is one block of each.
    const sharing = blocks.filter(({ ports }) => ports.length > 0)
    if (sharing.length === 0) return []
    const targets = new Set(sharing.map(({ target }) => target))
    return this.all().filter((one) => targets.has(one.target) && !isOver(one, nowMs))
  }

  #blocks(): Map<string, Block> {
    this.#byKey ??= new Map(this.#log.standing().map((block) => [blockKey(block), block]))
    return this.#byKey
  }
}

/** How many entries of the firewall a block of this scope is. */
export function sizeOf({ ports }: Pick<Block, 'ports'>): number {
  return Math.max(1, ports.length)
}

/** Names the ranges of a scope; each that is new takes rules of its own, which every packet passes. */
export function rangeKeysOf({ direction, protocol, ports }: BlockScope): readonly string[] {
  const ranges = ports.filter(({ first, last }) => first !== last)
  return ranges.map((range) => `${direction} ${protocol} ${formatPortRange(range)}`)
}

/** Says whether a block in this state stands: is in force, or is to be. */
export function isStanding(block: Block): boolean {
  return STANDING.has(block.state)
}

/** Says whether the block's time is over. */
export function isOver({ expiresAtMs }: Block, nowMs: number): boolean {
  return expiresAtMs !== null && expiresAtMs <= nowMs
}

/** Gives what the firewall is to hold for a block now: an entry, or one for each port. */
export function entriesOf(block: Block, nowMs: number): readonly FirewallEntry[] {
  const { target, direction, protocol, expiresAtMs } = block
  const remainingSeconds = expiresAtMs === null ? null : (expiresAtMs - nowMs) / 1000
  const family = target.includes(':') ? 6 : 4
  const parts = block.ports.length === 0 ? [null] : block.ports
  return parts.map((ports) => ({ target, family, direction, protocol, ports, remainingSeconds }))
}

/** Gives what the firewall is to hold for these blocks, each entry once and as long as the last that needs it. */
export function mergedEntries(blocks: readonly Block[], nowMs: number): readonly FirewallEntry[] {
  const byKey = new Map<string, FirewallEntry>()
  for (const entry of blocks.flatMap((block) => entriesOf(block, nowMs))) {
    const key = entryKey(entry)
    const other = byKey.get(key)
    if (other === undefined || lasts(entry) > lasts(other)) byKey.set(key, entry)
  }
  return [...byKey.values()]
}

function entriesByKey(blocks: readonly Block[], nowMs: number): ReadonlyMap<string, FirewallEntry> {
  return new Map(mergedEntries(blocks, nowMs).map((entry) => [entryKey(entry), entry]))
}

const isActive = ({ state }: Block): boolean => state === 'active'

const lasts = ({ remainingSeconds }: FirewallEntry): number => remainingSeconds ?? Infinity
