/** Cuts connections that were made before the block: the kernel forgets them, and sockets are ended where asked. */
import type { RunCommand } from '../command.ts'
import type { FirewallEntry } from '../firewall.ts'
import { checkedTarget } from './checked-target.ts'
import { kindOf, sidesOf } from './entry-kind.ts'

const TIMEOUT_MS = 2000
/** Above it only the rules cut connections: processes for each target are too many then. */
const MAX_ENTRIES = 16

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
  if (entries.length > MAX_ENTRIES) return
  const calls = entries.flatMap((entry): [string, string[]][] => [
    ...conntrackCalls(entry).map((args): [string, string[]] => ['conntrack', args]),
    ...(killSockets ? [['ss', socketCall(entry)] as [string, string[]]] : []),
  ])
  // conntrack ends with 1 when there was no connection: no failure, as it is none that it is not installed.
  await Promise.allSettled(calls.map(([tool, args]) => run(tool, args, { timeoutMs: TIMEOUT_MS })))
}

/** Both tuples' originators: whoever opened the connection. */
function conntrackCalls(entry: FirewallEntry): string[][] {
  const { family, protocol, port } = entry
  const icmp = family === 4 ? 'icmp' : 'icmpv6'
  const only = protocol === null ? [] : ['-p', protocol === 'icmp' ? icmp : protocol]
  const to = port === null ? [] : ['--dport', String(port)]
  return sidesOf(kindOf(entry)).map((side) => {
    const end = side === 'src' ? '-s' : '-d'
    const inet = family === 4 ? 'ipv4' : 'ipv6'
    return ['-D', '-f', inet, end, checkedTarget(entry), ...only, ...to]
  })
}

/** `ss` speaks of the host's own end (src) and the far one (dst). */
function socketCall(entry: FirewallEntry): string[] {
  const { direction, protocol, port } = entry
  const kinds = protocol === null ? ['-t', '-u'] : protocol === 'udp' ? ['-u'] : ['-t']
  const ports = { in: `sport = :${port}`, out: `dport = :${port}` }
  const either = `( ${ports.in} or ${ports.out} )`
  const only = port === null ? [] : ['and', direction === 'both' ? either : ports[direction]]
  return ['-K', ...kinds, ['dst', checkedTarget(entry), ...only].join(' ')]
}
