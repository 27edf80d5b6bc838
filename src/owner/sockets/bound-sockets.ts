/** Sockets that wait on a port for whoever comes: TCP listeners, and UDP sockets that are not connected. */
import type { Endpoint, Found } from '../owner-source.ts'
import type { ProcessRecord } from '../process/process-table.ts'
import type { SocketRow } from './proc-net.ts'

/**
 * A socket that is gone is remembered for the flows that it had; less long where they are too many: a resolver sends
 * each question from a port of its own.
 */
const REMEMBERED_US = [600_000_000, 60_000_000, 0] as const
const SLACK_US = 2_000_000
const CONFIDENCE = 0.75
/** The socket's user is known, its process is not. */
const CONFIDENCE_OF_USER = 0.5
/** A socket for all of IPv6 takes IPv4 as well, as a rule. */
const ANY_ADDRESS = { ipv4: ['0.0.0.0', '::'], ipv6: ['::'] } as const

export interface BoundSocket {
  readonly protocol: number
  readonly row: SocketRow
  readonly sinceUs: number
  /** Infinity while it is there. */
  untilUs: number
  process: ProcessRecord | null
}

export class BoundSockets {
  readonly #capacity: number
  readonly #byPort = new Map<string, BoundSocket[]>()
  #size = 0

  /** `capacity`: sockets that are there or remembered, as far as those that are there leave it. */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#size
  }

  add(socket: BoundSocket): void {
    const key = keyOf(socket.protocol, socket.row.localPort)
    const sockets = this.#byPort.get(key)
    if (sockets === undefined) this.#byPort.set(key, [socket])
    else sockets.push(socket)
    this.#size += 1
  }

  /** Lets go of what ended long ago; to be called after each look. */
  prune(nowUs: number): void {
    for (const rememberedUs of REMEMBERED_US) {
      this.#letGo(nowUs - rememberedUs)
      if (this.#size <= this.#capacity) return
    }
  }

  #letGo(endedBeforeUs: number): void {
    for (const [key, sockets] of this.#byPort) {
      const kept = sockets.filter(({ untilUs }) => untilUs >= endedBeforeUs)
      this.#size -= sockets.length - kept.length
      if (kept.length === 0) this.#byPort.delete(key)
      else if (kept.length < sockets.length) this.#byPort.set(key, kept)
    }
  }

  /**
   * Finds who waited on the port; an address of its own goes before a socket for all addresses, which has none of what
   * is merely forwarded or seen on a shared link.
   */
  find(endpoint: Endpoint): Found | null {
    const { protocol, localPort, localAddress, isOriginator, isHeard, startUs, endUs } = endpoint
    const waiting = (this.#byPort.get(keyOf(protocol, localPort)) ?? []).filter(
      ({ sinceUs, untilUs }) => sinceUs - SLACK_US <= endUs && untilUs + SLACK_US >= startUs,
    )
    const any = ANY_ADDRESS[localAddress.includes(':') ? 'ipv6' : 'ipv4']
    const fitting = [localAddress, ...(isHeard ? any : [])]
      .map((address) => waiting.filter(({ row }) => row.localAddress === address))
      .find((sockets) => sockets.length > 0)
    const socket = fitting?.findLast(({ process }) => process !== null) ?? fitting?.at(-1)
    if (socket === undefined) return null
    return {
      how: isOriginator ? 'socket' : 'listener',
      process: socket.process,
      ...{ uid: socket.row.uid, unit: null, container: null },
      confidence: socket.process === null ? CONFIDENCE_OF_USER : CONFIDENCE,
      sinceUs: socket.sinceUs,
    }
  }
}

const keyOf = (protocol: number, port: number): string => `${protocol} ${port}`
