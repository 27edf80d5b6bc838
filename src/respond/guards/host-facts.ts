/** Reads from /proc and /etc what this host can't do without: its addresses, gateways and resolvers. */
import { readFile } from 'node:fs/promises'
import { endianness, networkInterfaces } from 'node:os'
import { formatIpv4Word, formatIpv6Words } from '../../net/address.ts'

const RTF_GATEWAY = 0x2
/** systemd-resolved puts itself into the first and the servers it asks into the second. */
const RESOLVER_FILES = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf'] as const

export interface HostFacts {
  /** Every address of every interface, and IPv4 broadcast addresses. */
  readonly ownAddresses: readonly string[]
  readonly gateways: readonly string[]
  readonly resolvers: readonly string[]
}

/** Reads the facts anew; they change with DHCP leases and routes. Cost: six small files. */
export async function readHostFacts(): Promise<HostFacts> {
  const [trie, inet6, route, route6, ...resolvers] = await Promise.all(
    [
      '/proc/net/fib_trie',
      '/proc/net/if_inet6',
      '/proc/net/route',
      '/proc/net/ipv6_route',
      ...RESOLVER_FILES,
    ].map(readIfThere),
  )
  const interfaces = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  const own = interfaces.map(({ address }) => address)
  return {
    ownAddresses: [...new Set([...own, ...localAddresses4(trie!), ...localAddresses6(inet6!)])],
    gateways: [...new Set([...gateways4(route!), ...gateways6(route6!)])],
    resolvers: [...new Set(resolvers.flatMap(nameservers))],
  }
}

/** Finds the local and broadcast addresses in `/proc/net/fib_trie`, also those of links that are down. */
export function localAddresses4(trie: string): string[] {
  const pattern = /\|-- ([\d.]+)\s+\/32 (?:host LOCAL|link BROADCAST)/g
  return [...trie.matchAll(pattern)].map((match) => match[1]!)
}

/** Finds the addresses in `/proc/net/if_inet6`: 32 hex digits at the begin of each line. */
export function localAddresses6(text: string): string[] {
  return text.split('\n').flatMap((line) => hexAddress6(line.split(' ')[0] ?? '') ?? [])
}

/** Finds the gateways in `/proc/net/route`: hex words in the machine's own byte order. */
export function gateways4(text: string): string[] {
  return rows(text).flatMap((columns) => {
    const [, , gateway = '', flags = ''] = columns
    const isGateway = (Number.parseInt(flags, 16) & RTF_GATEWAY) !== 0
    return isGateway && /^[0-9A-F]{8}$/i.test(gateway) ? [formatIpv4Word(machineWord(gateway))] : []
  })
}

/** Finds the gateways in `/proc/net/ipv6_route`: the next hop is its fifth column, flags the ninth. */
export function gateways6(text: string): string[] {
  return rows(text).flatMap((columns) => {
    const [nextHop = '', flags = ''] = [columns[4], columns[8]]
    const isGateway = (Number.parseInt(flags, 16) & RTF_GATEWAY) !== 0
    return isGateway ? (hexAddress6(nextHop) ?? []) : []
  })
}

/** Finds the name servers in a `resolv.conf`; a zone (`fe80::1%eth0`) is cut off. */
export function nameservers(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*nameserver\s+([0-9A-Fa-f.:]+)/.exec(line)
    return match ? [match[1]!] : []
  })
}

/** Reads a 32-bit hex word as /proc prints addresses: as the machine holds it in memory. */
export function machineWord(hex: string): number {
  const bytes = Buffer.from(hex, 'hex')
  return endianness() === 'LE' ? bytes.readUInt32LE() : bytes.readUInt32BE()
}

function hexAddress6(hex: string): [string] | null {
  if (!/^[0-9a-f]{32}$/i.test(hex)) return null
  const bytes = Buffer.from(hex, 'hex')
  const word = (index: number): number => bytes.readUInt32BE(index * 4)
  return [formatIpv6Words(word(0), word(1), word(2), word(3))]
}

function rows(text: string): string[][] {
  return text.split('\n').map((line) => line.trim().split(/\s+/))
}

/** A kernel without IPv6 and a host without resolvers lack the file: there is nothing to guard then. */
async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
