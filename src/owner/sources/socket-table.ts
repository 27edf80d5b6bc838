/**
 * Finds owners by the kernel's tables of sockets and the open files of processes, looked at again and again:
 * what listens, and what stands long enough to be seen. A short connection is gone before the next look.
 */
import { readFile } from 'node:fs/promises'
import { setImmediate as breathe } from 'node:timers/promises'
import { ClaimTable, type Claim } from '../claims.ts'
import type { Endpoint, Found, OwnerSource } from '../owner-source.ts'
import type { ProcessTable } from '../process/process-table.ts'
import { BoundSockets, type BoundSocket } from '../sockets/bound-sockets.ts'
import { parseSocketRow, type SocketRow } from '../sockets/proc-net.ts'
import { SocketHolders } from '../sockets/socket-holders.ts'

const TABLES = [
  ['tcp', 6],
  ['tcp6', 6],
  ['udp', 17],
  ['udp6', 17],
] as const
const CONFIDENCE = 0.9
const CONFIDENCE_OF_USER = 0.5
/** Rows read at a time, some 4 ms, before others have their turn. */
const ROWS_PER_TURN = 2_000
/** A look that took long is followed by a rest of so many times that. */
const REST_FACTOR = 20

export interface SocketTableOptions {
  readonly processes: ProcessTable
  /** Sockets remembered. */
  readonly capacity: number
  /** Asked after each look. */
  pollMs(): number
}

/** A socket that was there at the last look. */
type Standing = Pick<Claim & BoundSocket, 'process' | 'untilUs'>

export class SocketTable implements OwnerSource {
  readonly name = 'socket-table'
  readonly #options: SocketTableOptions
  readonly #claims: ClaimTable
  readonly #bound: BoundSockets
  readonly #holders = new SocketHolders((inode, pid) => this.#held(inode, pid))
  #standing = new Map<number, Standing>()
  #timer: NodeJS.Timeout | undefined
  #problem: string | null = 'not started'
  #isStopped = false
  #looks = 0
  #leftOut = 0

  constructor(options: SocketTableOptions) {
    this.#options = options
    this.#claims = new ClaimTable(options.capacity)
    this.#bound = new BoundSockets(options.capacity)
  }

  get problem(): string | null {
    return this.#problem
  }

  get lack(): string | null {
    if (!this.#holders.isHindered) return null
    return 'processes of others may not be looked at: give the agent CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH'
  }

  async start(): Promise<void> {
    await this.look()
    this.#schedule(this.#options.pollMs())
  }

  stop(): Promise<void> {
    this.#isStopped = true
    this.#problem ??= 'stopped'
    this.#holders.stop()
    clearTimeout(this.#timer)
    return Promise.resolve()
  }

  /** Nothing waits: what was not seen at a look is not known. */
  catchUp(): void {}

  find(endpoint: Endpoint): Found | null {
    return this.#claims.find(endpoint) ?? this.#bound.find(endpoint)
  }

  findById(communityId: string): Found | null {
    return this.#claims.byCommunityId(communityId)
  }

  counters(): Readonly<Record<string, number>> {
    return {
      looks: this.#looks,
      sockets: this.#standing.size,
      socketsLeftOut: this.#leftOut + this.#holders.unwanted,
      roundsThroughProcesses: this.#holders.rounds,
      forgottenConnections: this.#claims.evicted,
    }
  }

  /** Reads the tables once, and begins to look for the holders of what is new. */
  async look(): Promise<void> {
    const nowUs = Date.now() * 1000
    const standing = new Map<number, Standing>()
    const texts = await Promise.all(TABLES.map(([name]) => table(name)))
    this.#problem = texts.every((text) => text === null) ? '/proc/net cannot be read' : null
    for (const [index, [, protocol]] of TABLES.entries()) {
      await this.#readTable(texts[index] ?? '', protocol, { standing, nowUs })
    }
    for (const [inode, socket] of this.#standing) {
      if (standing.has(inode)) continue
      socket.untilUs = nowUs
      this.#holders.forget(inode)
    }
    const before = this.#standing
    this.#standing = standing
    for (const inode of standing.keys()) if (!before.has(inode)) this.#holders.want(inode)
    this.#bound.prune(nowUs)
    this.#looks += 1
    void this.#holders.search()
  }

  async #readTable(
    text: string,
    protocol: number,
    look: { readonly standing: Map<number, Standing>; readonly nowUs: number },
  ): Promise<void> {
    let rows = 0
    for (let from = 0; from < text.length;) {
      const end = text.indexOf('\n', from)
      const row = parseSocketRow(text.slice(from, end < 0 ? undefined : end))
      from = end < 0 ? text.length : end + 1
      if ((rows += 1) % ROWS_PER_TURN === 0) await breathe()
      if (row === null || row.inode === 0) continue
      if (look.standing.size >= this.#options.capacity) this.#leftOut += 1
      else look.standing.set(row.inode, this.#stands(row, protocol, look.nowUs))
    }
  }

  #stands(row: SocketRow, protocol: number, sinceUs: number): Standing {
    const known = this.#standing.get(row.inode)
    if (known !== undefined) return known
    const socket = { protocol, sinceUs, untilUs: Infinity, process: null }
    if (row.remotePort === 0) {
      const bound: BoundSocket = { row, ...socket }
      this.#bound.add(bound)
      return bound
    }
    const { localAddress, localPort, remoteAddress, remotePort, uid } = row
    const claim: Claim = {
      ...{ how: 'socket', uid, unit: null, container: null, confidence: CONFIDENCE_OF_USER },
      ...{ localAddress, localPort, remoteAddress, remotePort, ...socket },
    }
    this.#claims.add(claim)
    return claim
  }

  #held(inode: number, pid: number): void {
    const socket = this.#standing.get(inode)
    if (socket === undefined) return
    socket.process = this.#options.processes.running(pid)
    if (socket.process !== null && 'confidence' in socket) socket.confidence = CONFIDENCE
  }

  #schedule(afterMs: number): void {
    if (this.#isStopped) return
    this.#timer = setTimeout(() => void this.#lookAgain(), afterMs).unref()
  }

  async #lookAgain(): Promise<void> {
    const startedAtMs = performance.now()
    await this.look()
    const restMs = (performance.now() - startedAtMs) * REST_FACTOR
    this.#schedule(Math.max(this.#options.pollMs(), restMs))
  }
}

/** IPv6 may be switched off; then there is no table of it. */
async function table(name: string): Promise<string | null> {
  try {
    return await readFile(`/proc/net/${name}`, 'latin1')
  } catch {
    return null
  }
}
