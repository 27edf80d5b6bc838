/**
 * Finds owners by the kernel's own telling: who connects, sends and closes is named in the moment of doing
 * it, so a connection may be as short as it likes.
 */
import { createSocket } from 'node:dgram'
import { ClaimTable, SEND_LASTS_US, type Claim } from '../claims.ts'
import type { Endpoint, Found, OwnerSource } from '../owner-source.ts'
import type { How } from '../owner.ts'
import { isKernelThread, type ProcessRecord, type ProcessTable } from '../process/process-table.ts'
import { TcpState, TraceFlag, type Changed, type Routed } from '../trace/trace-event.ts'
import type { Executed, TraceEvent } from '../trace/trace-event.ts'
import { placeOfPath } from '../process/cgroup.ts'
import { Doorbell } from '../trace/doorbell.ts'
import { CHANGES_OF_USER } from '../trace/trace-points.ts'
import { readTraceTime } from '../trace/trace-clock.ts'
import { removeStale, TraceInstance } from '../trace/trace-instance.ts'
import { reachTracefs, type Tracefs } from '../trace/tracefs.ts'

const TCP = 6
/** Connections that are being opened at a time, whose port is not known yet. */
const MOST_OPENING = 16_384
/** Processes read from /proc at a time: some 4 ms. */
const READS_PER_ROUND = 48
const MOST_UNREAD = 4_096
/** How often the buffers are read, with the doorbell and without. */
const POLL_MS = 500
const POLL_WITHOUT_BELL_MS = 50
/** The doorbell is answered at most so often: under load many rings are answered at once. */
const ANSWER_EVERY_MS = 5
/** How surely each way names the owner. */
const CONFIDENCE = { connect: 0.99, send: 0.95, close: 0.95 } as const
/** The port of `discard`: connecting a UDP socket to it sends nothing. */
const DISCARD = 9
const OWN_EVENT_WITHIN_MS = 3_000

export interface TraceSourceOptions {
  readonly processes: ProcessTable
  /** Connections remembered. */
  readonly capacity: number
  readonly mayMount: boolean
}

/** A socket that connects: the kernel names its port only after it has named the process. */
interface Opening {
  readonly process: ProcessRecord
  readonly remoteAddress: string
  readonly remotePort: number
  readonly sinceUs: number
  isClaimed: boolean
}

export class TraceSource implements OwnerSource {
  readonly name = 'trace'
  readonly #options: TraceSourceOptions
  readonly #claims: ClaimTable
  readonly #opening = new Map<bigint, Opening>()
  readonly #openingOfThread = new Map<number, Opening>()
  readonly #unread = new Set<ProcessRecord>()
  #held: TraceEvent[] = []
  #tracefs: Tracefs | null = null
  #instance: TraceInstance | null = null
  #doorbell: Doorbell | null = null
  #bellProblem: string | null = null
  #answering: NodeJS.Timeout | undefined
  #answeredAtMs = 0
  #timer: NodeJS.Timeout | undefined
  #problem: string | null = 'not started'
  #offsetUs = 0
  #events = 0
  #forgottenOpenings = 0

  constructor(options: TraceSourceOptions) {
    this.#options = options
    this.#claims = new ClaimTable(options.capacity)
  }

  get problem(): string | null {
    return this.#problem
  }

  /** What it has to do without, though it works. */
  get lack(): string | null {
    return this.#bellProblem
  }

  async start(): Promise<void> {
    const tracefs = await reachTracefs(this.#options.mayMount)
    if (typeof tracefs === 'string') {
      this.#problem = tracefs
      return
    }
    this.#tracefs = tracefs
    try {
      this.#instance = new TraceInstance(tracefs.path)
      this.#instance.open()
    } catch (error) {
      this.#problem = refusal(error)
      await this.stop()
      return
    }
    this.#problem = null
    this.#options.processes.seesChangesOfUser = !this.#instance.missing.includes(CHANGES_OF_USER)
    this.#hangDoorbell(tracefs.path)
    const pollMs = this.#doorbell === null ? POLL_WITHOUT_BELL_MS : POLL_MS
    this.#timer = setInterval(() => this.catchUp(), pollMs).unref()
    if (this.#instance.missing.length < 3 && !(await this.#seesItself())) {
      await this.stop()
      this.#problem =
        "the kernel's events do not show this process: it runs in a PID namespace of its own"
      return
    }
    // Not before its own number is known to be the kernel's: it could not tell the living from the dead.
    removeStale(tracefs.path)
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    clearTimeout(this.#answering)
    this.#problem ??= 'stopped'
    try {
      await this.#doorbell?.stop()
      this.#doorbell = null
      this.#instance?.close()
    } catch (error) {
      this.#problem = refusal(error)
    }
    this.#instance = null
    await this.#tracefs?.release()
    this.#tracefs = null
  }

  catchUp(): void {
    if (this.#instance === null) return
    // What happens while the processors' buffers are read one by one waits for its cause to be read.
    const { nowNs, offsetUs } = readTraceTime()
    this.#offsetUs = offsetUs
    const events = this.#held
    try {
      this.#instance.read((event) => events.push(event))
    } catch (error) {
      this.#problem = refusal(error)
      void this.stop()
      return
    }
    events.sort((one, other) => one.timeNs - other.timeNs)
    this.#held = events.filter(({ timeNs }) => timeNs > nowNs)
    for (const event of events) if (event.timeNs <= nowNs) this.#take(event)
    this.#events += events.length - this.#held.length
    this.#readProcesses()
  }

  find(endpoint: Endpoint): Found | null {
    return ofProgram(this.#claims.find(endpoint))
  }

  findById(communityId: string): Found | null {
    return ofProgram(this.#claims.byCommunityId(communityId))
  }

  counters(): Readonly<Record<string, number>> {
    return {
      events: this.#events,
      lostEvents: this.#instance?.lost ?? 0,
      bytesRead: this.#instance?.bytesRead ?? 0,
      connections: this.#claims.size,
      forgottenConnections: this.#claims.evicted + this.#forgottenOpenings,
      processes: this.#options.processes.size,
      forgottenProcesses: this.#options.processes.forgotten,
      processesReadTooLate: this.#options.processes.readTooLate,
    }
  }

  #take(event: TraceEvent): void {
    const { processes } = this.#options
    const atUs = Math.floor(event.timeNs / 1000 + this.#offsetUs)
    switch (event.kind) {
      case 'forked':
        processes.forked(event, atUs)
        return
      case 'user-changed':
        return processes.userChanged(event.tid)
      case 'moved':
        return processes.moved(event.movedPid, placeOfPath(event.path))
      case 'executed':
        return this.#executed(event)
      case 'ended':
        return processes.ended(event.tid, event.command)
      case 'routed':
        return this.#routed(event, atUs)
      case 'changed':
        return this.#changed(event, atUs)
    }
  }

  /** Who it is now that it has changed its user is in /proc, and nowhere else. */
  #executed({ tid, path }: Executed): void {
    const process = this.#options.processes.executed(tid, path)
    if (process.heritage?.uid === null) this.#toRead(process)
  }

  #toRead(process: ProcessRecord): void {
    if (this.#unread.size < MOST_UNREAD) this.#unread.add(process)
  }

  #routed(event: Routed, atUs: number): void {
    if (event.protocol !== TCP) return this.#sent(event, atUs)
    const opening = this.#openingOfThread.get(event.tid)
    const isOpening =
      opening?.remotePort === event.remotePort && opening.remoteAddress === event.remoteAddress
    if (isOpening) this.#opened(opening, event)
    else this.#sent(event, atUs)
  }

  #sent(event: Routed, atUs: number): void {
    const process = this.#options.processes.seen(event.tid)
    const latest = this.#claims.latest(event)
    if (latest?.process === process) {
      // A route is asked for twice: first without the address that it then gives.
      const isSame = latest.localAddress === event.localAddress || event.localAddress === null
      if (isSame) {
        latest.untilUs = Math.max(latest.untilUs, atUs + SEND_LASTS_US)
        return
      }
    }
    this.#claim('send', process, event, { sinceUs: atUs, untilUs: atUs + SEND_LASTS_US })
  }

  #changed(event: Changed, atUs: number): void {
    const { socket, oldState, newState, tid } = event
    if (oldState === TcpState.SYN_SENT) {
      const opening = this.#opening.get(socket)
      if (opening !== undefined) this.#opened(opening, event)
      if (newState !== TcpState.SYN_SENT) this.#opening.delete(socket)
    } else if (newState === TcpState.SYN_SENT) {
      this.#opens(event, atUs)
    } else if (this.#isAskedFor(event)) {
      this.#closed(event, tid, atUs)
    }
  }

  /** Reading unread data off a closing socket resets it; packets that arrive do it with bottom halves off. */
  #isAskedFor({ newState, flags }: Changed): boolean {
    return newState !== TcpState.CLOSE || (flags & TraceFlag.BH_OFF) === 0
  }

  #opens({ socket, tid, remoteAddress, remotePort, ...event }: Changed, atUs: number): void {
    const process = this.#options.processes.seen(tid)
    const opening = { process, remoteAddress, remotePort, sinceUs: atUs, isClaimed: false }
    this.#opening.set(socket, opening)
    this.#openingOfThread.set(tid, opening)
    this.#toRead(process)
    if (event.localPort !== 0) this.#opened(opening, { ...event, remoteAddress, remotePort })
    for (const table of [this.#opening, this.#openingOfThread]) this.#bound(table)
  }

  #bound(table: Map<bigint, Opening> | Map<number, Opening>): void {
    if (table.size <= MOST_OPENING) return
    const [oldest] = table.keys()
    ;(table as Map<unknown, Opening>).delete(oldest)
    this.#forgottenOpenings += 1
  }

  #opened(
    opening: Opening,
    at: Pick<Claim, 'localAddress' | 'localPort' | 'remoteAddress' | 'remotePort'>,
  ): void {
    if (opening.isClaimed || at.localPort === 0) return
    opening.isClaimed = true
    const { process, sinceUs } = opening
    this.#claim('connect', process, { ...at, protocol: TCP }, { sinceUs, untilUs: Infinity })
  }

  #closed(event: Changed, tid: number, atUs: number): void {
    const latest = this.#claims.latest({ ...event, protocol: TCP })
    if (latest?.untilUs === Infinity && latest.localAddress === event.localAddress) {
      latest.untilUs = atUs
      return
    }
    const process = this.#options.processes.seen(tid)
    this.#claim('close', process, { ...event, protocol: TCP }, { sinceUs: atUs, untilUs: atUs })
  }

  #claim(
    how: Extract<How, keyof typeof CONFIDENCE>,
    process: ProcessRecord,
    at: Pick<Claim, 'protocol' | 'localAddress' | 'localPort' | 'remoteAddress' | 'remotePort'>,
    when: Pick<Claim, 'sinceUs' | 'untilUs'>,
  ): void {
    const { protocol, localAddress, localPort, remoteAddress, remotePort } = at
    this.#claims.add({
      ...{ how, process, uid: null, unit: null, container: null, confidence: CONFIDENCE[how] },
      ...{ protocol, localAddress, localPort, remoteAddress, remotePort, ...when },
    })
    this.#toRead(process)
  }

  #readProcesses(): void {
    let reads = 0
    for (const process of this.#unread) {
      if (process.facts === null && !process.hasEnded && (reads += 1) > READS_PER_ROUND) break
      this.#options.processes.read(process)
      this.#unread.delete(process)
    }
  }

  /** Without it all is seen as well, only some processes after their end. */
  #hangDoorbell(tracing: string): void {
    try {
      this.#doorbell = new Doorbell(tracing)
      this.#doorbell.start(() => this.#answer())
    } catch (error) {
      this.#bellProblem = `no doorbell: ${refusal(error)}`
    }
  }

  #answer(): void {
    if (this.#answering !== undefined) return
    const dueInMs = this.#answeredAtMs + ANSWER_EVERY_MS - performance.now()
    const answer = (): void => {
      this.#answering = undefined
      this.#answeredAtMs = performance.now()
      this.catchUp()
    }
    if (dueInMs <= 0) answer()
    // Once more in any case: who changed his user is read when he has become another program.
    this.#answering = setTimeout(answer, Math.max(dueInMs, ANSWER_EVERY_MS))
  }

  /** Does what the events must show, which proves formats, filters and process numbers at once. */
  async #seesItself(): Promise<boolean> {
    const socket = createSocket('udp4')
    try {
      const localPort = await new Promise<number>((resolve, reject) => {
        socket.once('error', reject)
        socket.connect(DISCARD, '127.0.0.1', () => resolve(socket.address().port))
      })
      const remote = { protocol: 17, remoteAddress: '127.0.0.1', remotePort: DISCARD }
      const deadlineMs = performance.now() + OWN_EVENT_WITHIN_MS
      while (performance.now() < deadlineMs && this.#instance !== null) {
        await new Promise((resolve) => setTimeout(resolve, 5))
        this.catchUp()
        const claim = this.#claims.latest({ ...remote, localPort })
        if (claim !== null) return claim.process?.pid === process.pid
      }
      return false
    } catch {
      // No IPv4 loopback: nothing is proven, and nothing speaks against it.
      return true
    } finally {
      socket.close()
    }
  }
}

const ofProgram = (found: Found | null): Found | null =>
  found?.process && isKernelThread(found.process) ? null : found

function refusal(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'EACCES' || code === 'EPERM')
    return `tracing is not allowed to this user: ${message}`
  if (code === 'EROFS') return 'tracefs is read-only here (ProtectKernelTunables= of the unit)'
  return `tracing does not work: ${message}`
}
