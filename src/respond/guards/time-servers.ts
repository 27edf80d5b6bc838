/** Reads who gives this host its address and its time: DHCP leases, configured and live NTP servers. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readOrEmpty } from '../process-sockets.ts'
import { readTcpTable } from './administrators.ts'

const NTP_PORT = 123
const NTS_KE_PORT = 4460
const MAX_FILES = 256

/** dhclient's, systemd-networkd's, NetworkManager's and dhcpcd's leases that are text. */
const LEASE_FOLDERS = [
  'var/lib/dhcp',
  'run/systemd/netif/leases',
  'var/lib/NetworkManager',
] as const
const TIME_FILES = [
  ...['etc/systemd/timesyncd.conf', 'etc/ntp.conf', 'etc/ntpsec/ntp.conf'],
  ...['etc/chrony/chrony.conf', 'etc/chrony.conf'],
] as const
const TIME_FOLDERS = [
  'etc/systemd/timesyncd.conf.d',
  'etc/chrony/conf.d',
  'etc/chrony/sources.d',
] as const

export interface Providers {
  readonly dhcpServers: readonly string[]
  /** Names and addresses. */
  readonly timeServers: readonly string[]
}

/** Reads them anew; `root` stands before every path. Cost: a few small files. */
export async function readProviders(root = '/'): Promise<Providers> {
  const [leases, times, live] = await Promise.all([
    readFolders(root, LEASE_FOLDERS),
    Promise.all([
      readFolders(root, TIME_FOLDERS),
      ...TIME_FILES.map((path) => readOrEmpty(join(root, path))),
    ]),
    readLiveTimeServers(root),
  ])
  const servers = [
    ...times.flat().flatMap(timeServersIn),
    ...leases.flatMap(leasedTimeServers),
    ...live,
  ]
  return {
    dhcpServers: [...new Set(leases.flatMap(dhcpServersIn))],
    timeServers: [...new Set(servers)],
  }
}

/** Finds the server of each lease: dhclient(8), sd-dhcp-lease, NetworkManager's internal client. */
function dhcpServersIn(lease: string): string[] {
  const pattern = /^\s*(?:option dhcp-server-identifier |SERVER_ADDRESS=)([0-9A-Fa-f.:]+)/gm
  return [...lease.matchAll(pattern)].map((match) => match[1]!)
}

function leasedTimeServers(lease: string): string[] {
  const pattern = /^\s*(?:option ntp-servers |NTP=)([0-9A-Fa-f.:, ]+)/gm
  return [...lease.matchAll(pattern)].flatMap((match) => match[1]!.split(/[\s,]+/).filter(Boolean))
}

/** Finds the servers that ntp.conf(5), chrony.conf(5) and timesyncd.conf(5) name. */
function timeServersIn(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const listed = /^\s*(?:Fallback)?NTP\s*=\s*(.+)$/.exec(line)?.[1]
    if (listed !== undefined) return listed.trim().split(/\s+/)
    const single = /^\s*(?:server|pool|peer)\s+(?:-[46]\s+)?([\w.:-]+)/.exec(line)?.[1]
    return single === undefined ? [] : [single]
  })
}

/** A client with a connected socket (chrony, timesyncd) shows whom it asks, whatever the files say. */
async function readLiveTimeServers(root: string): Promise<string[]> {
  const tables = await Promise.all(
    ['proc/net/udp', 'proc/net/udp6'].map((path) => readOrEmpty(join(root, path))),
  )
  return tables.flatMap(readTcpTable).flatMap(({ remotePort, remoteAddress }) => {
    return remotePort === NTP_PORT || remotePort === NTS_KE_PORT ? [remoteAddress] : []
  })
}

async function readFolders(root: string, folders: readonly string[]): Promise<string[]> {
  const texts = folders.map(async (folder) => {
    const path = join(root, folder)
    const names = (await readdir(path).catch(() => [])).slice(0, MAX_FILES)
    return Promise.all(names.map((name) => readOrEmpty(join(path, name))))
  })
  return (await Promise.all(texts)).flat()
}
