/** The kinds of entries: all of a kind share one kernel set, and a few rules that look into it. */
import { parsePortRange, type PortRange } from '../../net/port-range.ts'
import type { BlockDirection, BlockProtocol } from '../../record/logs/block-log.ts'
import type { FirewallEntry } from '../firewall.ts'

export interface EntryKind {
  readonly direction: BlockDirection
  /** Looked for by the rule; null for all, and where the elements hold it together with a port. */
  readonly protocol: BlockProtocol | null
  /** Whether the elements hold protocol and port. */
  readonly hasPort: boolean
  /** Several ports, looked for by the rule: as elements each of them would be one. Null for all. */
  readonly ports: PortRange | null
}

/** What most blocks are: everything, both ways. */
const WHOLE: EntryKind = { direction: 'both', protocol: null, hasPort: false, ports: null }

/** Finds the kind of an entry. */
export function kindOf({ direction, protocol, ports }: FirewallEntry): EntryKind {
  if (ports === null || ports.first !== ports.last) {
    return { direction, protocol, hasPort: false, ports }
  }
  return { direction, protocol: null, hasPort: true, ports: null }
}

/** What a set's name ends with: nothing, `-in`, `-tcp`, `-out-port`, `-in-tcp-8000-8100`. */
export function suffixOf({ direction, protocol, hasPort, ports }: EntryKind): string {
  const way = direction === 'both' ? '' : `-${direction}`
  if (hasPort) return `${way}-port`
  const what = protocol === null ? '' : `-${protocol}`
  return way + what + (ports === null ? '' : `-${ports.first}-${ports.last}`)
}

const SUFFIX = /^(?:-(in|out))?(?:-(port)|-(icmp)|-(tcp|udp|sctp)(?:-(\d{1,5}-\d{1,5}))?)?$/

/** Finds the kind by the end of a set's name; null when it is none of ours. */
export function kindOfSuffix(suffix: string): EntryKind | null {
  const match = SUFFIX.exec(suffix)
  if (match === null) return null
  const [, way = 'both', port, icmp, other, range] = match
  const ports = range === undefined ? null : parsePortRange(range)
  const kind: EntryKind = {
    direction: way as BlockDirection,
    protocol: (icmp ?? other ?? null) as BlockProtocol | null,
    hasPort: port !== undefined,
    ports,
  }
  return suffixOf(kind) === suffix ? kind : null
}

/** The kinds of these entries, and `WHOLE`, each once, in an order that does not depend on theirs. */
export function kindsOf(entries: readonly FirewallEntry[]): readonly EntryKind[] {
  const kinds = new Map([WHOLE, ...entries.map(kindOf)].map((kind) => [suffixOf(kind), kind]))
  return [...kinds].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, kind]) => kind)
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

/** The sides of a packet on which entries of a direction are looked for. */
export function sidesOf({ direction }: Pick<EntryKind, 'direction'>): readonly ('src' | 'dst')[] {
  if (direction === 'both') return ['src', 'dst']
  return direction === 'in' ? ['src'] : ['dst']
}

/** The protocol as the kernel's tools name it. */
export function protocolWord(family: 4 | 6, protocol: BlockProtocol): string {
  if (protocol !== 'icmp') return protocol
  return family === 4 ? 'icmp' : 'ipv6-icmp'
}
