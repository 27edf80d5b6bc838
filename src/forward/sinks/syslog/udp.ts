/** Syslog over UDP: one datagram an event (RFC 5426), with what little certainty UDP can give. */
import { setTimeout as pause } from 'node:timers/promises'
import { createSocket, type Socket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import type { Outgoing } from '../../outgoing.ts'
import { syslogMessage, type MessageContext } from '../../formats/syslog/message.ts'
import type { Receipt, Sink } from '../../sink.ts'
import { Pacer, type Pace } from './pace.ts'

/** How long after a batch a refusal (ICMP port unreachable) may still come back. */
const REFUSAL_WAIT_MS = 40
/**
 * A host that refuses says so once a second to each peer (Linux, `net.ipv4.icmp_ratelimit`), six times at first: who goes
 * on sooner takes its silence for consent.
 */
const REFUSAL_EVERY_MS = 1100
/** A name is looked up anew so often, so that a collector that moved is found again. */
const SOCKET_LIFE_MS = 300_000

export interface SyslogUdpOptions {
  readonly name: string
  /** Name, IPv4 or IPv6 address. */
  readonly host: string
  readonly port: number
  readonly context: MessageContext
  readonly pace: Pace
  readonly monotonicMs: () => number
}

/** The end of a batch, and when it was sent. */
interface Sent {
  readonly sequence: number
  readonly atMs: number
}

/**
 * Accepted means sent, and not refused at once: a collector that is not running is noticed where the network
 * tells (ICMP), and its events wait. What the network or a full buffer drops is lost, as UDP has it.
 *
 * After a refusal one event goes first, alone, when the collector's host will say again that nobody takes it; the others
 * follow when it does not.
 * Memory: a number pair for each batch of the last 40 ms.
 */
export class SyslogUdpSink implements Sink {
  readonly name: string
  readonly #options: SyslogUdpOptions
  #socket: Socket | null = null
  #openedAtMs = 0
  #failure: Error | null = null
  readonly #pacer: Pacer
  #underWay: Sent[] = []
  #accepted = 0
  #wasRefused = false

  constructor(options: SyslogUdpOptions) {
    this.name = options.name
    this.#options = options
    this.#pacer = new Pacer(options.pace, options.monotonicMs)
  }

  async send(events: readonly Outgoing[], hasMore = false): Promise<Receipt> {
    let afterMs = this.#socket === null ? null : REFUSAL_EVERY_MS
    try {
      this.#assertTaken()
      const last = events.at(-1)
      if (last !== undefined) {
        const socket = await this.#connected()
        afterMs = REFUSAL_EVERY_MS
        await this.#sendAll(socket, events)
        this.#underWay.push({ sequence: last.sequence, atMs: this.#options.monotonicMs() })
      }
      if (!hasMore && this.#underWay.length > 0) await pause(REFUSAL_WAIT_MS)
      this.#assertTaken()
      return { kind: 'accepted', sequence: this.#acceptOld() }
    } catch (cause) {
      this.#closeSocket()
      this.#wasRefused = true
      this.#underWay = []
      const reason = cause instanceof Error ? cause.message : String(cause)
      return { kind: 'retry', reason, afterMs }
    }
  }

  async close(): Promise<number | null> {
    if (this.#underWay.length > 0) await pause(REFUSAL_WAIT_MS)
    const accepted = this.#failure === null ? this.#acceptOld() : 0
    this.#closeSocket()
    return accepted === 0 ? null : accepted
  }

  async #sendAll(socket: Socket, events: readonly Outgoing[]): Promise<void> {
    const { burst } = this.#options.pace
    const first = this.#wasRefused ? 1 : 0
    if (this.#wasRefused) await this.#sendFirst(socket, events[0]!)
    for (let start = first; start < events.length; start += burst) {
      const some = events.slice(start, start + burst)
      await this.#pacer.turn()
      await Promise.all(some.map((event) => this.#sendOne(socket, event)))
    }
  }

  async #sendFirst(socket: Socket, event: Outgoing): Promise<void> {
    await this.#sendOne(socket, event)
    await pause(REFUSAL_WAIT_MS)
    this.#assertTaken()
    this.#wasRefused = false
  }

  #assertTaken(): void {
    if (this.#failure !== null) throw this.#failure
  }

  /** What was sent so long ago that a refusal would be here. */
  #acceptOld(): number {
    // Timers may fire a moment early.
    const oldestMs = this.#options.monotonicMs() - REFUSAL_WAIT_MS + 1
    while (this.#underWay[0] !== undefined && this.#underWay[0].atMs <= oldestMs) {
      this.#accepted = this.#underWay.shift()!.sequence
    }
    return this.#accepted
  }

  #sendOne(socket: Socket, event: Outgoing): Promise<void> {
    const message = syslogMessage(event, this.#options.context)
    return new Promise((resolve, reject) => {
      socket.send(message, (error) => (error ? reject(error) : resolve()))
    })
  }

  async #connected(): Promise<Socket> {
    const nowMs = this.#options.monotonicMs()
    if (this.#socket !== null && nowMs - this.#openedAtMs < SOCKET_LIFE_MS) return this.#socket
    this.#closeSocket()
    const { host, port } = this.#options
    const { address, family } = await lookup(host)
    this.#openedAtMs = nowMs
    this.#socket = createSocket(family === 6 ? 'udp6' : 'udp4')
    this.#socket.on('error', (error) => (this.#failure = error))
    await connect(this.#socket, port, address)
    return this.#socket
  }

  #closeSocket(): void {
    this.#socket?.close()
    this.#socket = null
    this.#failure = null
  }
}

/** Connected, so that the kernel tells us of refusals. */
function connect(socket: Socket, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // Node's types leave out that the callback is told why there is no way to the address.
    const done: (error?: Error) => void = (error) => (error ? reject(error) : resolve())
    socket.connect(port, address, done)
  })
}
