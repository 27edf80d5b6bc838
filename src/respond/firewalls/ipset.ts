/** The two kernel sets that hold the targets, read and written through `ipset save` and `restore`. */
import { formatCidr, parseCidr } from '../../net/cidr.ts'
import type { RunCommand } from '../command.ts'
import { difference, differs } from '../difference.ts'
import type { FirewallEntry } from '../firewall.ts'

/** The kernel's limit: 2^32 ms, in seconds, halved (ipset(8), timeout). */
export const MAX_TIMEOUT_SECONDS = 2_147_483

export interface AddressSet {
  readonly name: 'picket4' | 'picket6'
  readonly family: 4 | 6
  /** The most entries it may hold. */
  readonly maxEntries: number
}

interface HeldSet {
  /** False when it was made with other bounds or by another hand and must be built anew. */
  readonly asDeclared: boolean
  readonly entries: readonly FirewallEntry[]
}

/**
 * Makes the set exist and hold exactly `entries`; does nothing when it does already.
 *
 * Builds a second set and swaps the two, so that at no moment a target that stays is let through, and
 * a failure leaves the old set in force.
 */
export async function synchroniseSet(
  run: RunCommand,
  set: AddressSet,
  entries: readonly FirewallEntry[],
): Promise<void> {
  const names = await setNames(run)
  const held = names.has(set.name) ? await readSet(run, set) : null
  if (held?.asDeclared && !differs(difference(entries, held.entries))) return
  const draft = `${set.name}-new`
  const lines = [
    ...(names.has(draft) ? [`destroy ${draft}`] : []),
    ...(held ? [] : [`create ${set.name} ${declaration(set)}`]),
    `create ${draft} ${declaration(set)}`,
    ...entries.map((entry) => addLine(draft, entry)),
    `swap ${draft} ${set.name}`,
    `destroy ${draft}`,
  ]
  await restore(run, lines)
}

/** Adds entries in one call, or renews their timeouts; the set must exist. */
export async function addToSet(
  run: RunCommand,
  set: AddressSet,
  entries: readonly FirewallEntry[],
): Promise<void> {
  await restore(run, entries.map((entry) => addLine(set.name, entry))) // prettier-ignore
}

/** Removes entries in one call; those not there are no error; the set must exist. */
export async function removeFromSet(
  run: RunCommand,
  set: AddressSet,
  entries: readonly FirewallEntry[],
): Promise<void> {
  await restore(run, entries.map((entry) => `del ${set.name} ${checkedTarget(entry)}`)) // prettier-ignore
}

/** Lists what the set holds; nothing when it does not exist. */
export async function listSet(run: RunCommand, set: AddressSet): Promise<readonly FirewallEntry[]> {
  const names = await setNames(run)
  return names.has(set.name) ? (await readSet(run, set)).entries : []
}

/** Removes the set and a draft left behind; no rule may refer to them any more. */
export async function destroySet(run: RunCommand, set: AddressSet): Promise<void> {
  const names = await setNames(run)
  for (const name of [set.name, `${set.name}-new`]) {
    if (names.has(name)) await run('ipset', ['destroy', name])
  }
}

async function setNames(run: RunCommand): Promise<ReadonlySet<string>> {
  return new Set((await run('ipset', ['list', '-name'])).split('\n'))
}

async function readSet(run: RunCommand, set: AddressSet): Promise<HeldSet> {
  const [header = '', ...lines] = (await run('ipset', ['save', set.name])).split('\n')
  const words = header.split(' ')
  const valueOf = (key: string): string | undefined => words[words.indexOf(key) + 1]
  const asDeclared =
    words[2] === 'hash:net' &&
    valueOf('family') === inetOf(set.family) &&
    valueOf('maxelem') === String(set.maxEntries) &&
    words.includes('timeout') &&
    words.includes('counters')
  const entries = lines.flatMap((line) => readEntry(line, set.family) ?? [])
  return { asDeclared, entries }
}

/** Reads `add picket4 192.0.2.7 timeout 597 packets 0 bytes 0`; ipset prints IPv6 as inet_ntop does. */
function readEntry(line: string, family: 4 | 6): FirewallEntry | null {
  const [verb, , target = '', ...options] = line.split(' ')
  const range = verb === 'add' ? parseCidr(target) : null
  if (range === null) return null
  const timeout = Number(options[options.indexOf('timeout') + 1] ?? 0)
  return { target: formatCidr(range), family, remainingSeconds: timeout > 0 ? timeout : null }
}

async function restore(run: RunCommand, lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return
  await run('ipset', ['restore', '-exist'], { input: `${lines.join('\n')}\n` })
}

function declaration(set: AddressSet): string {
  return `hash:net family ${inetOf(set.family)} maxelem ${set.maxEntries} timeout 0 counters`
}

function inetOf(family: 4 | 6): 'inet' | 'inet6' {
  return family === 4 ? 'inet' : 'inet6'
}

function addLine(name: string, entry: FirewallEntry): string {
  const seconds = entry.remainingSeconds
  // `timeout 0` is for good; a block with less than a second to go must not become one.
  const timeout =
    seconds === null ? 0 : Math.min(MAX_TIMEOUT_SECONDS, Math.max(1, Math.ceil(seconds)))
  return `add ${name} ${checkedTarget(entry)} timeout ${timeout}`
}

/** The last gate before a root tool's input: only what parses as an address of the family goes in. */
function checkedTarget(entry: FirewallEntry): string {
  const range = parseCidr(entry.target)
  if (range === null || range.network.family !== entry.family) {
    throw new TypeError(`not an IPv${entry.family} target: ${JSON.stringify(entry.target)}`)
  }
  return formatCidr(range)
}
