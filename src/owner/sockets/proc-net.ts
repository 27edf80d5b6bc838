/** The kernel's tables of sockets: /proc/net/{tcp,tcp6,udp,udp6}, of the network namespace of the reader. */
import { formatIpv4Word, formatIpv6Words } from '../../net/address.ts'

export interface SocketRow {
  readonly localAddress: string
  readonly localPort: number
  readonly remoteAddress: string
  /** 0 for a socket that listens or is not connected. */
  readonly remotePort: number
  readonly isListening: boolean
  readonly uid: number
  /** 0 when no process holds it any more. */
  readonly inode: number
}

const TCP_LISTEN = '0A'
const ROW =
  /^ *\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) ([0-9A-F]{2}) \S+ \S+ \S+ +(\d{1,10}) +\d+ (\d{1,15})(?: |$)/

/** Reads one line; null for the title and for what is none. Source: net/ipv4/tcp_ipv4.c, `get_tcp4_sock`. */
export function parseSocketRow(line: string): SocketRow | null {
  const found = ROW.exec(line)
  if (!found) return null
  const [, local = '', localPort = '', remote = '', remotePort = '', state, uid, inode] = found
  return {
    localAddress: addressOf(local),
    localPort: Number.parseInt(localPort, 16),
    remoteAddress: addressOf(remote),
    remotePort: Number.parseInt(remotePort, 16),
    isListening: state === TCP_LISTEN,
    uid: Number(uid),
    inode: Number(inode),
  }
}

/** Words of the address as the host's integers, which are little-endian here; mapped IPv4 is IPv4. */
function addressOf(hex: string): string {
  if (hex.length === 8) return formatIpv4Word(networkWord(hex))
  const words = [0, 8, 16, 24].map((at) => networkWord(hex.slice(at, at + 8)))
  const [a = 0, b = 0, c = 0, d = 0] = words
  return a === 0 && b === 0 && c === 0xffff ? formatIpv4Word(d) : formatIpv6Words(a, b, c, d)
}

function networkWord(hex: string): number {
  const pairs = [6, 4, 2, 0].map((at) => hex.slice(at, at + 2))
  return Number.parseInt(pairs.join(''), 16)
}
