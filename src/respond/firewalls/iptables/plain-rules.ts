/**
 * Blocks as rules of the chain, where there are no sets: a rule for each side, which says in its comment what it is.
 *
 * `-A PICKET -s 192.0.2.7/32 -p tcp -m tcp --dport 22 -m comment --comment "in until 2026-01-05T10:00:00Z" -j DROP`
 */
import { formatCidr, parseCidr } from '../../../net/cidr.ts'
import { parsePortRange } from '../../../net/port-range.ts'
import { BLOCK_DIRECTIONS, BLOCK_PROTOCOLS } from '../../../record/logs/block-log.ts'
import { entryKey, type FirewallEntry, type HeldEntry } from '../../firewall.ts'
import { checkedRange } from '../checked-target.ts'
import { protocolWord, sidesOf } from '../entry-kind.ts'
import { CHAIN } from './packet-rules.ts'

type Side = ReturnType<typeof sidesOf>[number]

/** A rule as it was read back. */
export interface PlainRule {
  readonly side: Side
  /** What it counts is its own side's. */
  readonly entry: HeldEntry
}

/** Writes an entry's rules, with what each has counted before them. Errors: `TypeError` for what is no target. */
export function rulesOf(
  entry: FirewallEntry,
  counted: readonly PlainRule[],
  nowMs: number,
): readonly string[] {
  const { family, protocol, ports, direction, remainingSeconds } = entry
  const { network, prefix } = checkedRange(entry)
  const target = `${formatCidr({ network, prefix }).split('/')[0]!}/${prefix}`
  const word = protocol === null ? null : protocolWord(family, protocol)
  const only = word === null ? '' : ` -p ${word}`
  const to = ports === null ? '' : ` -m ${word} --dport ${ports.first}:${ports.last}`
  const end = remainingSeconds === null ? 'for good' : `until ${timeIn(remainingSeconds, nowMs)}`
  return sidesOf(entry).map((side) => {
    const { packets, bytes } = counted.find((rule) => rule.side === side)?.entry ?? NONE
    const match = `${side === 'src' ? '-s' : '-d'} ${target}${only}${to}`
    const comment = `-m comment --comment "${direction} ${end}"`
    return `[${packets}:${bytes}] -A ${CHAIN} ${match} ${comment} -j DROP`
  })
}

const NONE = { packets: 0, bytes: 0 }

/** Reads a line of `iptables -v -S`; null for a rule that is none of ours. */
export function readRule(line: string, family: 4 | 6, nowMs: number): PlainRule | null {
  const match = RULE.exec(line)?.groups
  const range = match === undefined ? null : parseCidr(match['target']!)
  if (match === undefined || range?.network.family !== family) return null
  const { side, protocol: word, from, to = from, way, until, packets = '0', bytes = '0' } = match
  const direction = BLOCK_DIRECTIONS.find((known) => known === way)!
  const protocol = BLOCK_PROTOCOLS.find((known) => protocolWord(family, known) === word) ?? null
  if ((word !== undefined && protocol === null) || !isOfSide(direction, side!)) return null
  const ports = from === undefined ? null : parsePortRange(`${from}-${to}`)
  const remainingSeconds = until === undefined ? null : (Date.parse(until) - nowMs) / 1000
  const what = { target: formatCidr(range), family, direction, protocol, ports, remainingSeconds }
  const counted = { packets: Number(packets), bytes: Number(bytes) }
  return { side: side === 's' ? 'src' : 'dst', entry: { ...what, ...counted } }
}

const RULE = new RegExp(
  [
    `^-A ${CHAIN} -(?<side>[sd]) (?<target>[0-9a-f.:]+/\\d+)`,
    '(?: -p (?<protocol>[a-z0-9-]+))?',
    '(?: -m [a-z]+ --dport (?<from>\\d+)(?::(?<to>\\d+))?)?',
    ' -m comment --comment "(?<way>both|in|out) (?:for good|until (?<until>[0-9T:.-]+Z))"',
    '(?: -c (?<packets>\\d+) (?<bytes>\\d+))? -j DROP$',
  ].join(''),
)

function isOfSide(direction: FirewallEntry['direction'], side: string): boolean {
  return sidesOf({ direction }).some((one) => one.startsWith(side))
}

/** Puts rules under the entry that they are of. */
export function byEntry(rules: readonly PlainRule[]): ReadonlyMap<string, readonly PlainRule[]> {
  const found = new Map<string, PlainRule[]>()
  for (const rule of rules) {
    const key = entryKey(rule.entry)
    found.set(key, [...(found.get(key) ?? []), rule])
  }
  return found
}

/** Gives the entries of which every rule is there, counted together. */
export function wholeEntries(rules: readonly PlainRule[]): readonly HeldEntry[] {
  return [...byEntry(rules).values()].flatMap((own) => {
    const { entry } = own[0]!
    const sides = new Set(own.map(({ side }) => side))
    if (sides.size < sidesOf(entry).length) return []
    const packets = own.reduce((sum, rule) => sum + rule.entry.packets, 0)
    const bytes = own.reduce((sum, rule) => sum + rule.entry.bytes, 0)
    return [{ ...entry, packets, bytes }]
  })
}

/** Whole seconds, and none more for what was read back: what is a whole second to the millisecond is one. */
function timeIn(seconds: number, nowMs: number): string {
  const endMs = Math.ceil(Math.round(nowMs + seconds * 1000) / 1000) * 1000
  return new Date(endMs).toISOString().replace('.000Z', 'Z')
}
