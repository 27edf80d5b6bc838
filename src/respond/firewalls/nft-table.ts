/**
 * The table `inet picket` as text for `nft -f`, and read back from `nft -j`.
 *
 * Each set holds the networks of one prefix length, and its rule masks the packet's address before it looks:
 * so ranges may hold one another, which intervals of nftables may not, and a look costs one hash.
 */
import { formatAddress, formatIpv4Word, formatIpv6Words } from '../../net/address.ts'
import { formatCidr, parseCidr } from '../../net/cidr.ts'
import { parsePortRange } from '../../net/port-range.ts'
import { BLOCK_PROTOCOLS } from '../../record/logs/block-log.ts'
import type { FirewallEntry, HeldEntry } from '../firewall.ts'
import { checkedRange, timeoutSeconds } from './checked-target.ts'
import {
  kindOf,
  kindOfSuffix,
  protocolWord,
  sidesOf,
  suffixOf,
  type EntryKind,
} from './entry-kind.ts'

export const TABLE = 'inet picket'
/** Before the chains of others; a drop is final whatever they say. */
const PRIORITY = 'filter - 10'
const HOOKS = ['input', 'forward', 'output'] as const

export interface NftSet {
  /** `v4-32`, `v6-64-in-tcp`. */
  readonly name: string
  readonly family: 4 | 6
  readonly prefix: number
  readonly kind: EntryKind
}

/** Finds the set that an entry belongs into. Errors: `TypeError` for what is no target. */
export function nftSetOf(entry: FirewallEntry): NftSet {
  const { prefix, network } = checkedRange(entry)
  const kind = kindOf(entry)
  const { family } = network
  return { name: `v${family}-${prefix}${suffixOf(kind)}`, family, prefix, kind }
}

/** Reads a set's name; null when it is none of ours. */
function nftSetOfName(name: string): NftSet | null {
  const [, family, prefix, suffix = ''] = /^v([46])-(\d{1,3})((?:-[a-z0-9]+)*)$/.exec(name) ?? []
  const kind = kindOfSuffix(suffix)
  if (family === undefined || kind === null) return null
  return { name, family: family === '4' ? 4 : 6, prefix: Number(prefix), kind }
}

/** Writes the commands that make the table anew with exactly these sets and entries. */
export function wholeTable(
  sets: readonly NftSet[],
  entries: readonly FirewallEntry[],
  maxEntries: number | undefined,
): string {
  return lines([
    // Adding first makes the deletion succeed where there was none; both happen at once or not at all.
    ...[`add table ${TABLE}`, `delete table ${TABLE}`, `add table ${TABLE}`],
    ...sets.map((set) => addSet(set, maxEntries)),
    `add chain ${TABLE} block`,
    ...sets.flatMap(rulesOf).map((rule) => `add rule ${TABLE} block ${rule}`),
    ...HOOKS.flatMap((hook) => [
      `add chain ${TABLE} ${hook} { type filter hook ${hook} priority ${PRIORITY}; policy accept; }`,
      `add rule ${TABLE} ${hook} jump block`,
    ]),
    ...elements('add', entries),
  ])
}

/** Writes the commands that add sets, with their rules, to a table that is there. */
export function moreSets(sets: readonly NftSet[], maxEntries: number | undefined): string {
  return lines([
    ...sets.map((set) => addSet(set, maxEntries)),
    ...sets.flatMap(rulesOf).map((rule) => `add rule ${TABLE} block ${rule}`),
  ])
}

/** Writes the commands that remove the table, whether it is there or not. */
export function noTable(): string {
  return lines([`add table ${TABLE}`, `delete table ${TABLE}`])
}

/**
 * Writes the commands that put entries in anew.
 *
 * An element that is there keeps its old timeout when it is added again, so it is taken out first; that needs
 * it to be there, so it is added before. All of it is one transaction.
 */
export function renewed(entries: readonly FirewallEntry[]): string {
  return lines([
    ...elements('add', entries, { withTimeout: false }),
    ...elements('delete', entries, { withTimeout: false }),
    ...elements('add', entries),
  ])
}

/** Writes the commands that take entries out, whether they are there or not. */
export function removed(entries: readonly FirewallEntry[]): string {
  return lines([
    ...elements('add', entries, { withTimeout: false }),
    ...elements('delete', entries, { withTimeout: false }),
  ])
}

function addSet({ name, family, kind }: NftSet, maxEntries: number | undefined): string {
  const address = family === 4 ? 'ipv4_addr' : 'ipv6_addr'
  const type = kind.hasPort ? `${address} . inet_proto . inet_service` : address
  // The kernel makes room for the size at once, so it is stated only where it is wanted.
  const size = maxEntries === undefined ? '' : `size ${maxEntries}; `
  return `add set ${TABLE} ${name} { type ${type}; ${size}flags timeout; counter; }`
}

function rulesOf({ name, family, prefix, kind }: NftSet): readonly string[] {
  const inet = family === 4 ? 'ip' : 'ip6'
  const { protocol, ports } = kind
  const only = protocol === null ? '' : `meta l4proto ${protocolWord(family, protocol)} `
  const to = ports === null ? '' : `th dport ${ports.first}-${ports.last} `
  return sidesOf(kind).map((side) => {
    const address = `${inet} ${side === 'src' ? 'saddr' : 'daddr'}${maskOf(family, prefix)}`
    const what = kind.hasPort ? `${address} . meta l4proto . th dport` : address
    return `${only}${to}${what} @${name} drop`
  })
}

/** ` & 255.255.255.0`; nothing for single addresses. */
function maskOf(family: 4 | 6, prefix: number): string {
  if (prefix === (family === 4 ? 32 : 128)) return ''
  const word = (index: number): number => {
    const bits = Math.min(32, Math.max(0, prefix - index * 32))
    return bits === 0 ? 0 : 0xffffffff << (32 - bits)
  }
  const mask =
    family === 4 ? formatIpv4Word(word(0)) : formatIpv6Words(word(0), word(1), word(2), word(3))
  return ` & ${mask}`
}

/** One command a set, with all its elements. */
function elements(
  verb: 'add' | 'delete',
  entries: readonly FirewallEntry[],
  { withTimeout = true }: { withTimeout?: boolean } = {},
): string[] {
  const bySet = new Map<string, string[]>()
  for (const entry of entries) {
    const { name } = nftSetOf(entry)
    const texts = bySet.get(name) ?? []
    bySet.set(name, texts)
    texts.push(elementOf(entry, withTimeout))
  }
  return [...bySet].map(([name, texts]) => {
    return `${verb} element ${TABLE} ${name} { ${texts.join(', ')} }`
  })
}

function elementOf(entry: FirewallEntry, withTimeout: boolean): string {
  const address = formatAddress(checkedRange(entry).network)
  const { hasPort } = kindOf(entry)
  const what = hasPort ? `${address} . ${entry.protocol} . ${entry.ports!.first}` : address
  const seconds = withTimeout ? timeoutSeconds(entry) : 0
  return seconds === 0 ? what : `${what} timeout ${seconds}s`
}

const lines = (commands: readonly string[]): string => `${commands.join('\n')}\n`

/** Reads the sets of `nft -j list table`, and what they hold. */
export function readSets(
  json: string,
): readonly { readonly set: NftSet; readonly entries: readonly HeldEntry[] }[] {
  const { nftables } = JSON.parse(json) as { nftables: readonly NftItem[] }
  return nftables.flatMap((item) => {
    const set = item.set === undefined ? null : nftSetOfName(item.set.name)
    if (set === null) return []
    return [{ set, entries: (item.set?.elem ?? []).flatMap((one) => readElement(one, set) ?? []) }]
  })
}

interface NftItem {
  readonly set?: { readonly name: string; readonly elem?: readonly NftElement[] }
}

type NftElement = string | { readonly elem?: NftValue; readonly concat?: readonly unknown[] }

interface NftValue {
  readonly val: string | { readonly concat: readonly unknown[] }
  /** Seconds to go. */
  readonly expires?: number
  readonly counter?: { readonly packets: number; readonly bytes: number }
}

function readElement(element: NftElement, { family, prefix, kind }: NftSet): HeldEntry | null {
  const given = typeof element === 'object' ? element.elem : undefined
  const { val, expires, counter } = given ?? { val: element as NftValue['val'] }
  const [address, protocol, port] = typeof val === 'string' ? [val] : val.concat
  const range = parseCidr(`${String(address)}/${prefix}`)
  if (range === null) return null
  return {
    ...{ target: formatCidr(range), family, direction: kind.direction },
    protocol: kind.hasPort
      ? (BLOCK_PROTOCOLS.find((known) => known === protocol) ?? null)
      : kind.protocol,
    ports: kind.hasPort ? parsePortRange(Number(port)) : kind.ports,
    remainingSeconds: expires ?? null,
    packets: counter?.packets ?? 0,
    bytes: counter?.bytes ?? 0,
  }
}
