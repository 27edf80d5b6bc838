/** Which of several blocks have connections at all, told from one look through the kernel's table. */
import { parseAddress } from '../../net/address.ts'
import { cidrContains } from '../../net/cidr.ts'
import { PicketError } from '../../core/errors.ts'
import type { RunCommand } from '../command.ts'
import type { FirewallEntry } from '../firewall.ts'
import { readOrEmpty } from '../process-sockets.ts'
import { checkedRange, checkedTarget } from './checked-target.ts'

/** Some 10 ms of the agent's own thread to read. */
const MOST_LISTED = 10_000
const COUNT = '/proc/sys/net/netfilter/nf_conntrack_count'
const TIMEOUT_MS = 2000

/**
 * Gives the entries that connections go from or to; all of them where nobody can tell, or the table is long.
 *
 * To forget an entry's connections is a look through the whole table for each end, 10 ms of a processor each be there
 * any or not: what is blocked by a list has none for the most part.
 */
export async function withConnections(
  run: RunCommand,
  entries: readonly FirewallEntry[],
): Promise<readonly FirewallEntry[]> {
  if (entries.length < 2 || Number(await readOrEmpty(COUNT)) > MOST_LISTED) return entries
  const families = [...new Set(entries.map(({ family }) => family))]
  try {
    const lists = await Promise.all(families.map((family) => listOf(run, family)))
    const ends = endsIn(lists.join('\n'))
    return entries.filter((entry) => isAmong(ends, entry))
  } catch (error) {
    if (!(error instanceof PicketError)) throw error
    return entries
  }
}

function listOf(run: RunCommand, family: 4 | 6): Promise<string> {
  return run('conntrack', ['-L', '-f', `ipv${family}`], { timeoutMs: TIMEOUT_MS })
}

/** The first pair of each line is the way that the connection was opened, which is what conntrack selects by. */
function endsIn(listed: string): ReadonlySet<string> {
  const ends = new Set<string>()
  for (const line of listed.split('\n')) {
    const [, from, to] = / src=(\S+) dst=(\S+)/.exec(line) ?? []
    if (from !== undefined) ends.add(from).add(to!)
  }
  return ends
}

function isAmong(ends: ReadonlySet<string>, entry: FirewallEntry): boolean {
  const range = checkedRange(entry)
  if (ends.has(checkedTarget(entry))) return true
  if (range.prefix === (entry.family === 4 ? 32 : 128)) return false
  for (const end of ends) {
    const address = parseAddress(end)
    if (address !== null && cidrContains(range, address)) return true
  }
  return false
}
