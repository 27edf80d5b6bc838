/** The sockets that this host has open with a target right now, with the processes that hold them. */
import { parseAddress } from '../../net/address.ts'
import { cidrContains, type Cidr } from '../../net/cidr.ts'
import { readTcpTable } from '../guards/administrators.ts'
import { processIds, readOrEmpty, socketsOf } from '../process-sockets.ts'

export interface LiveSocket {
  readonly protocol: 'tcp' | 'udp'
  readonly localPort: number
  readonly remoteAddress: string
  readonly remotePort: number
  /** Null where the process is not to be seen. */
  readonly process: { readonly pid: number; readonly command: string } | null
}

/** Reads the kernel's tables; processes are looked for only where there is a socket. */
export async function readLiveSockets(target: Cidr): Promise<readonly LiveSocket[]> {
  const tables = (['tcp', 'udp'] as const).flatMap((protocol) =>
    ['', '6'].map(async (version) => {
      const text = await readOrEmpty(`/proc/net/${protocol}${version}`)
      return readTcpTable(text).map((socket) => ({ ...socket, protocol }))
    }),
  )
  const sockets = (await Promise.all(tables)).flat().filter(({ remoteAddress, remotePort }) => {
    const address = parseAddress(remoteAddress)
    return remotePort !== 0 && address !== null && cidrContains(target, address)
  })
  const holders = await holdersOf(new Set(sockets.map(({ inode }) => inode)))
  return sockets.map(({ protocol, localPort, remoteAddress, remotePort, inode }) => {
    const process = holders.get(inode) ?? null
    return { protocol, localPort, remoteAddress, remotePort, process }
  })
}

type Holder = NonNullable<LiveSocket['process']>

async function holdersOf(inodes: ReadonlySet<string>): Promise<ReadonlyMap<string, Holder>> {
  const found = new Map<string, Holder>()
  if (inodes.size === 0) return found
  const pids = await processIds()
  for (const pid of pids) {
    for (const inode of await socketsOf(pid)) {
      if (!inodes.has(inode) || found.has(inode)) continue
      const command = (await readOrEmpty(`/proc/${pid}/comm`)).trim()
      found.set(inode, { pid: Number(pid), command })
    }
  }
  return found
}
