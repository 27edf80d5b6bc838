/**
 * Finds who is logged in over SSH right now, so that no block cuts off those who could lift it.
 *
 * A mere connection to port 22 is not enough: then nobody who is guessing passwords could be blocked. It
 * takes a login that the host has on record, or a connection held by an sshd whose title says it has let a
 * user in. Sockets by which that
 * sshd forwards ports are left out: their local port is nobody's listening port.
 */
import { canonicalAddress, formatIpv4Word, formatIpv6Words } from '../../net/address.ts'
import { processesTitled, readOrEmpty, socketsOf } from '../process-sockets.ts'
import { machineWord } from './host-facts.ts'
import { readLoginRecords } from './login-records.ts'

const TCP_ESTABLISHED = '01'
const TCP_LISTEN = '0A'
/** `sshd: root@pts/0`, `sshd-session: deploy@notty`; before login it is `sshd: root [priv]`, `[net]`. */
const LOGGED_IN = /^sshd(?:-session)?: [^\s[\]]+@(?:notty|pts\/|tty)/

/** One socket of `/proc/net/tcp`, `udp` and their like. */
export interface TcpSocket {
  readonly localPort: number
  readonly remoteAddress: string
  readonly remotePort: number
  /** Two hex digits. */
  readonly state: string
  readonly inode: string
}

/** Returns the addresses of the far ends of all SSH sessions of users that are logged in. */
export async function readAdministrators(): Promise<readonly string[]> {
  const [recorded, seen] = await Promise.all([readLoginRecords(), readSshSessions()])
  return [...new Set([...recorded, ...seen])]
}

/**
 * What sshd's own processes show; without the right to look into them, nothing.
 *
 * The tables of sockets come last: the kernel walks all of its buckets for each of them (5 ms on a host of
 * 24 GiB, with 13 connections), and a block waits for it. Where nobody is logged in they are not needed.
 */
async function readSshSessions(): Promise<readonly string[]> {
  const held = await loggedInSockets()
  if (held.size === 0) return []
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(readOrEmpty))
  const sockets = tables.flatMap(readTcpTable)
  const listening = new Set(
    sockets.filter(({ state }) => state === TCP_LISTEN).map(({ localPort }) => localPort),
  )
  const peers = sockets.filter(
    ({ state, localPort, inode }) =>
      state === TCP_ESTABLISHED && listening.has(localPort) && held.has(inode),
  )
  return peers.map(({ remoteAddress }) => remoteAddress)
}

/** Reads the rows of `/proc/net/tcp`, `udp` and their like; IPv4-mapped addresses become IPv4. */
export function readTcpTable(text: string): TcpSocket[] {
  return text.split('\n').flatMap((line) => {
    const columns = line.trim().split(/\s+/)
    const [local = '', remote = '', state = ''] = columns.slice(1, 4)
    const [remoteHex = '', remotePortHex = ''] = remote.split(':')
    const remoteAddress = procAddress(remoteHex)
    if (remoteAddress === null) return []
    const localPort = Number.parseInt(local.split(':')[1] ?? '', 16)
    const remotePort = Number.parseInt(remotePortHex, 16)
    return [{ localPort, remoteAddress, remotePort, state, inode: columns[9] ?? '' }]
  })
}

function procAddress(hex: string): string | null {
  if (!/^(?:[0-9A-F]{8}|[0-9A-F]{32})$/i.test(hex)) return null
  const words = (hex.match(/.{8}/g) ?? []).map(machineWord)
  const [a = 0, b = 0, c = 0, d = 0] = words
  return words.length === 1 ? formatIpv4Word(a) : canonicalAddress(formatIpv6Words(a, b, c, d))
}

async function loggedInSockets(): Promise<ReadonlySet<string>> {
  const pids = await processesTitled(LOGGED_IN)
  return new Set((await Promise.all(pids.map(socketsOf))).flat())
}
