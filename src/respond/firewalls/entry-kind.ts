/** The kinds of entries: all of a kind share one kernel set, and a few rules that look into it. */
import {
  BLOCK_DIRECTIONS,
  BLOCK_PROTOCOLS,
  type BlockDirection,
  type BlockProtocol,
} from '../../record/block-log.ts'
import type { FirewallEntry } from '../firewall.ts'

export interface EntryKind {
  readonly direction: BlockDirection
  /** Looked for by the rule; null for all, and where the elements hold it together with a port. */
  readonly protocol: BlockProtocol | null
  /** Whether the elements hold protocol and port. */
  readonly hasPort: boolean
}

/** What most blocks are: everything, both ways. */
export const WHOLE: EntryKind = { direction: 'both', protocol: null, hasPort: false }

/** Every kind there is. */
export const KINDS: readonly EntryKind[] = BLOCK_DIRECTIONS.flatMap((direction) => [
  { direction, protocol: null, hasPort: false },
  ...BLOCK_PROTOCOLS.map((protocol) => ({ direction, protocol, hasPort: false })),
  { direction, protocol: null, hasPort: true },
])

/** Finds the kind of an entry. */
export function kindOf({ direction, protocol, port }: FirewallEntry): EntryKind {
  if (port !== null) return { direction, protocol: null, hasPort: true }
  return { direction, protocol, hasPort: false }
}

/** What a set's name ends with: nothing, `-in`, `-tcp`, `-out-port`. */
export function suffixOf({ direction, protocol, hasPort }: EntryKind): string {
  const way = direction === 'both' ? '' : `-${direction}`
  return way + (hasPort ? '-port' : protocol === null ? '' : `-${protocol}`)
}

/** Finds the kind by the end of a set's name; null when it is none of ours. */
export function kindOfSuffix(suffix: string): EntryKind | null {
  return KINDS.find((kind) => suffixOf(kind) === suffix) ?? null
}

/** The kinds of these entries, and `WHOLE`, each once. */
export function kindsOf(entries: readonly FirewallEntry[]): readonly EntryKind[] {
  const suffixes = new Set([WHOLE, ...entries.map(kindOf)].map(suffixOf))
  return KINDS.filter((kind) => suffixes.has(suffixOf(kind)))
}

/** Puts entries under the suffix of their kind. */
export function byKind<Entry extends FirewallEntry>(
  entries: readonly Entry[],
): ReadonlyMap<string, Entry[]> {
  const found = new Map<string, Entry[]>()
  for (const entry of entries) {
    const suffix = suffixOf(kindOf(entry))
    const others = found.get(suffix)
    if (others === undefined) found.set(suffix, [entry])
    else others.push(entry)
  }
  return found
}

/** The sides of a packet on which a kind's entries are looked for. */
export function sidesOf({ direction }: EntryKind): readonly ('src' | 'dst')[] {
  if (direction === 'both') return ['src', 'dst']
  return direction === 'in' ? ['src'] : ['dst']
}
