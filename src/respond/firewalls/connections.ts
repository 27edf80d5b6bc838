/** Cuts connections that were made before the block: the kernel forgets them, and sockets are ended where asked. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PicketError } from '../../core/errors.ts'
import { holdsPort, type PortRange } from '../../net/port-range.ts'
import type { RunCommand } from '../command.ts'
import type { FirewallEntry } from '../firewall.ts'
import { checkedTarget } from './checked-target.ts'
import { sidesOf } from './entry-kind.ts'
import { withConnections } from './open-connections.ts'

const TIMEOUT_MS = 2000

/** What `runCommand` says of a tool that it ended. */
const TOO_SLOW = /did not end within/

/**
 * Lets the kernel forget the entries' connections, and ends this host's sockets with them.
 *
 * The rules cut them already, except those that a flow table carries past the rules. Needs `conntrack`, and
 * `ss` with a kernel that ends sockets (CONFIG_INET_DIAG_DESTROY); where they are missing nothing is done.
 */
export async function cutConnections(
  run: RunCommand,
  entries: readonly FirewallEntry[],
  { killSockets }: { readonly killSockets: boolean },
): Promise<void> {
  const connected = await withConnections(run, entries)
  const found = await Promise.all(connected.map((entry) => selections(run, entry)))
  const killing = killSockets ? entries.map((entry) => endSockets(run, entry)) : []
  await Promise.allSettled([forget(run, found.flat()), ...killing])
}

/**
 * One process for all of them: to start one holds the agent up for some ms, and orders come by the dozen.
 *
 * conntrack ends with 1 when there was no connection: no failure, as it is none that it is not installed.
 */
async function forget(run: RunCommand, found: readonly (readonly string[])[]): Promise<void> {
  if (found.length === 0) return
  const lines = found.map((selection) => `-D ${selection.join(' ')}\n`).join('')
  try {
    await withFile(lines, (file) => run('conntrack', ['-R', file], { timeoutMs: TIMEOUT_MS }))
  } catch (error) {
    if (error instanceof PicketError && TOO_SLOW.test(error.message)) return
    // Before 1.4.7 it reads no lines: each is a call of its own there.
    const one = (selection: readonly string[]): Promise<string> =>
      run('conntrack', ['-D', ...selection], { timeoutMs: TIMEOUT_MS })
    await Promise.allSettled(found.map(one))
  }
}

/** For those that open what they read: standard input is a socket where Node starts a program, which nobody can. */
async function withFile(text: string, use: (path: string) => Promise<unknown>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'picket-'))
  try {
    const path = join(folder, 'lines')
    await writeFile(path, text)
    await use(path)
  } finally {
    await rm(folder, { recursive: true })
  }
}

function endSockets(run: RunCommand, entry: FirewallEntry): Promise<string> {
  return run('ss', socketCall(entry), { timeoutMs: TIMEOUT_MS })
}

/** How conntrack is told which connections an entry covers: whoever opened them, where no port says who did. */
async function selections(run: RunCommand, entry: FirewallEntry): Promise<readonly string[][]> {
  const { family, protocol, ports } = entry
  const icmp = family === 4 ? 'icmp' : 'icmpv6'
  const only = protocol === null ? [] : ['-p', protocol === 'icmp' ? icmp : protocol]
  const sides = sidesOf(ports === null ? { direction: 'both' } : entry)
  const found = sides.map(async (side) => {
    const end = side === 'src' ? '-s' : '-d'
    const inet = family === 4 ? 'ipv4' : 'ipv6'
    const ofSide = ['-f', inet, end, checkedTarget(entry), ...only]
    if (ports === null) return [ofSide]
    const open = await openPorts(run, ofSide, ports)
    return open.map((port) => [...ofSide, '--dport', String(port)])
  })
  return (await Promise.all(found)).flat()
}

/** Those ports of a range to which there are connections: conntrack takes one at a time. */
async function openPorts(
  run: RunCommand,
  selection: readonly string[],
  ports: PortRange,
): Promise<readonly number[]> {
  if (ports.first === ports.last) return [ports.first]
  try {
    const listed = await run('conntrack', ['-L', ...selection], { timeoutMs: TIMEOUT_MS })
    // The first of each line is the way that the connection was opened.
    const open = listed.split('\n').flatMap((line) => / dport=(\d+)/.exec(line)?.[1] ?? [])
    return [...new Set(open.map(Number))].filter((port) => holdsPort([ports], port))
  } catch (error) {
    if (!(error instanceof PicketError)) throw error
    // Not installed, or not to be read: the rules cut all the same.
    return []
  }
}

/** `ss` speaks of the host's own end (src) and the far one (dst). */
function socketCall(entry: FirewallEntry): readonly string[] {
  const { direction, protocol, ports } = entry
  const kinds = protocol === null ? ['-t', '-u'] : protocol === 'udp' ? ['-u'] : ['-t']
  const far = ['dst', bracketed(checkedTarget(entry))]
  if (ports === null) return ['-K', ...kinds, far.join(' ')]
  const end = { in: portsOf('sport', ports), out: portsOf('dport', ports) }
  const either = `( ${end.in} or ${end.out} )`
  const only = direction === 'both' ? either : end[direction]
  return ['-K', ...kinds, [...far, 'and', only].join(' ')]
}

/** In IPv6 the last colon would begin the port: `[2001:db8::/64]`. */
function bracketed(target: string): string {
  return target.includes(':') ? `[${target}]` : target
}

function portsOf(end: 'sport' | 'dport', { first, last }: PortRange): string {
  return first === last ? `${end} = :${first}` : `( ${end} >= :${first} and ${end} <= :${last} )`
}
