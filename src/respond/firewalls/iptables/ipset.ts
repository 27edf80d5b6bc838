/** The kernel sets that hold the entries, read and written through `ipset save` and `restore`. */
import { formatCidr, parseCidr } from '../../../net/cidr.ts'
import { PicketError } from '../../../core/errors.ts'
import { parsePortRange } from '../../../net/port-range.ts'
import { BLOCK_PROTOCOLS } from '../../../record/logs/block-log.ts'
import type { RunCommand } from '../../command.ts'
import { entryKey, type FirewallEntry, type HeldEntry } from '../../firewall.ts'
import { difference, differs } from '../../keeping/difference.ts'
import { checkedTarget, timeoutSeconds } from '../checked-target.ts'
import { kindOfSuffix, suffixOf, type EntryKind } from '../entry-kind.ts'

/** What a set's name ends with while it is built; names have 31 characters at most (ipset(8)). */
const DRAFT = '-n'
const IN_USE = /in use by a kernel component/

export interface AddressSet {
  /** `picket4`, `picket6`, and the kind's suffix. */
  readonly name: string
  readonly family: 4 | 6
  readonly kind: EntryKind
  /** The most entries it may hold. */
  readonly maxEntries: number
}

/** Describes the set of a family that holds the entries of a kind. */
export function setOf(family: 4 | 6, kind: EntryKind, maxEntries: number): AddressSet {
  return { name: `picket${family}${suffixOf(kind)}`, family, kind, maxEntries }
}

/** Names the sets of ours that the kernel has of a family, drafts left behind included. */
export async function ownSets(
  run: RunCommand,
  family: 4 | 6,
): Promise<readonly { readonly name: string; readonly kind: EntryKind | null }[]> {
  const names = (await run('ipset', ['list', '-name'])).split('\n')
  return names.flatMap((name) => {
    const [, isOfFamily, suffix = '', draft = ''] =
      new RegExp(`^(picket${family})((?:-[a-z0-9]+)*?)(${DRAFT})?$`).exec(name) ?? []
    if (isOfFamily === undefined) return []
    const kind = kindOfSuffix(suffix)
    return kind === null ? [] : [{ name, kind: draft === '' ? kind : null }]
  })
}

/** Destroys sets; no rule may look into them any more. Errors: `ERR_FIREWALL_*`. */
export async function destroySets(run: RunCommand, names: readonly string[]): Promise<void> {
  for (const name of names) await run('ipset', ['destroy', name])
}

/**
 * Destroys every set of ours of a family, those excepted; gives the names of those that cannot be, since a rule of
 * somebody else looks into them: they are empty then, and keep nobody out.
 */
export async function destroyOwnSets(
  run: RunCommand,
  family: 4 | 6,
  { except = [] }: { except?: readonly string[] } = {},
): Promise<readonly string[]> {
  const inUse: string[] = []
  for (const { name } of await ownSets(run, family)) {
    if (except.includes(name)) continue
    await run('ipset', ['flush', name])
    try {
      await destroySets(run, [name])
    } catch (error) {
      if (!(error instanceof PicketError) || !IN_USE.test(error.message)) throw error
      inUse.push(name)
    }
  }
  return inUse
}

/**
 * Makes the set exist and hold exactly `entries`; does nothing when it does already.
 *
 * Builds a second set and swaps the two, so that at no moment a target that stays is let through, and
 * a failure leaves the old set in force, and no other. What entries have counted goes with them.
 */
export async function synchroniseSet(
  run: RunCommand,
  set: AddressSet,
  entries: readonly FirewallEntry[],
  existing: ReadonlySet<string>,
): Promise<void> {
  const held = existing.has(set.name) ? await readSet(run, set) : null
  if (held?.asDeclared && !differs(difference(entries, held.entries))) return
  const draft = set.name + DRAFT
  const counts = new Map(held?.entries.map((entry) => [entryKey(entry), entry]))
  const lines = [
    ...(existing.has(draft) ? [`destroy ${draft}`] : []),
    ...(held ? [] : [createLine(set)]),
    `create ${draft} ${declaration(set)}`,
    ...entries.map((entry) => {
      const { packets, bytes } = counts.get(entryKey(entry)) ?? { packets: 0, bytes: 0 }
      return `${addLine(draft, entry)} packets ${packets} bytes ${bytes}`
    }),
    `swap ${draft} ${set.name}`,
    `destroy ${draft}`,
  ]
  try {
    await restore(run, lines)
  } catch (error) {
    await discard(run, held === null ? [draft, set.name] : [draft])
    throw error
  }
}

/** What was never made is no failure: the one that led here is told. */
async function discard(run: RunCommand, names: readonly string[]): Promise<void> {
  const outcomes = await Promise.allSettled(names.map((name) => destroySets(run, [name])))
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected' && !(outcome.reason instanceof PicketError)) {
      throw outcome.reason
    }
  }
}

/** Writes the line that makes an empty set; it is no error that the same is there. */
export function createLine(set: AddressSet): string {
  return `create ${set.name} ${declaration(set)}`
}

/** Writes the line that adds an entry, or renews its timeout. Errors: `TypeError` for what is no target. */
export function addLine(name: string, entry: FirewallEntry): string {
  // The kernel takes the place of an element whose time is over, and goes on counting where that one ended.
  const counts = entry.isNew === true ? ' packets 0 bytes 0' : ''
  return `add ${name} ${elementOf(entry)} timeout ${timeoutSeconds(entry)}${counts}`
}

/** Writes the line that removes an entry; it is no error that it is not there. */
export function removeLine(name: string, entry: FirewallEntry): string {
  return `del ${name} ${elementOf(entry)}`
}

/** How ipset is told to read a script: what is there already, or is not, is no error. */
export const RESTORE = ['restore', '-exist'] as const

/** Makes the script of lines. */
export const scriptOf = (lines: readonly string[]): string => `${lines.join('\n')}\n`

/** Runs the lines in one call. */
async function restore(run: RunCommand, lines: readonly string[]): Promise<void> {
  if (lines.length > 0) await run('ipset', RESTORE, { input: scriptOf(lines) })
}

interface HeldSet {
  /** False when it was made with other bounds or by another hand and must be built anew. */
  readonly asDeclared: boolean
  readonly entries: readonly HeldEntry[]
}

/** Reads a set that exists. */
export async function readSet(run: RunCommand, set: AddressSet): Promise<HeldSet> {
  const [header = '', ...lines] = (await run('ipset', ['save', set.name])).split('\n')
  const words = header.split(' ')
  const valueOf = (key: string): string | undefined => words[words.indexOf(key) + 1]
  const asDeclared =
    words[2] === typeOf(set) &&
    valueOf('family') === inetOf(set.family) &&
    valueOf('maxelem') === String(set.maxEntries) &&
    words.includes('timeout') &&
    words.includes('counters')
  return { asDeclared, entries: lines.flatMap((line) => readEntry(line, set) ?? []) }
}

/** Reads `add picket4 192.0.2.7 timeout 597 packets 0 bytes 0`; ipset prints IPv6 as inet_ntop does. */
function readEntry(line: string, { family, kind }: AddressSet): HeldEntry | null {
  const [verb, , element = '', ...options] = line.split(' ')
  const [target = '', service = ''] = element.split(',')
  const range = verb === 'add' ? parseCidr(target) : null
  if (range === null) return null
  const valueOf = (key: string): number => Number(options[options.indexOf(key) + 1] ?? 0)
  const timeout = options.includes('timeout') ? valueOf('timeout') : 0
  const [name, port = ''] = service.split(':')
  return {
    ...{ target: formatCidr(range), family, direction: kind.direction },
    protocol: kind.hasPort
      ? (BLOCK_PROTOCOLS.find((known) => known === name) ?? null)
      : kind.protocol,
    ports: kind.hasPort ? parsePortRange(port) : kind.ports,
    remainingSeconds: timeout > 0 ? timeout : null,
    packets: options.includes('packets') ? valueOf('packets') : 0,
    bytes: options.includes('bytes') ? valueOf('bytes') : 0,
  }
}

function declaration(set: AddressSet): string {
  const { family, maxEntries } = set
  return `${typeOf(set)} family ${inetOf(family)} maxelem ${maxEntries} timeout 0 counters`
}

const typeOf = ({ kind }: AddressSet): string => (kind.hasPort ? 'hash:net,port' : 'hash:net')

function inetOf(family: 4 | 6): 'inet' | 'inet6' {
  return family === 4 ? 'inet' : 'inet6'
}

function elementOf(entry: FirewallEntry): string {
  const target = checkedTarget(entry)
  const { protocol, ports } = entry
  if (ports === null || ports.first !== ports.last) return target
  return `${target},${protocol}:${ports.first}`
}
