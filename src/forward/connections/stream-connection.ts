/** A connection to a collector over TCP, TLS or a unix socket: promises instead of events, each with a time limit. */
import type { Socket } from 'node:net'
import { reasonOf } from '../tls/index.ts'
import type { ConnectionLimits } from './config.ts'
import { begin, nameOf, type Endpoint } from './endpoint.ts'
import { within } from './time-limit.ts'

export interface StreamOptions {
  readonly endpoint: Endpoint
  readonly limits: ConnectionLimits
  /** Gives up what is under way. */
  readonly signal: AbortSignal
  /** What the collector says; without it that is thrown away. */
  readonly onData?: (bytes: Buffer) => void
}

export class StreamConnection {
  readonly #socket: Socket
  readonly #writeTimeoutMs: number
  #lost: string | null = null
  /** Ends what waits for the connection when it is lost. */
  #onLost: ((cause: Error) => void) | null = null

  private constructor(socket: Socket, { limits, onData }: StreamOptions) {
    this.#socket = socket
    this.#writeTimeoutMs = limits.writeTimeoutMs
    // Syslog servers say nothing; reading is what makes their FIN or RST known while nothing is sent.
    if (onData === undefined) socket.resume()
    else socket.on('data', onData)
    socket.on('error', (error) => this.#lose(reasonOf(error)))
    socket.on('end', () => this.#lose('the collector closed the connection'))
    socket.on('close', () => this.#lose('the collector closed the connection'))
    socket.setTimeout(limits.idleTimeoutMs, () => {
      this.#lose('closed after being idle')
      // Whoever waits for the FIN of a collector that hangs keeps a socket for each idle time.
      socket.destroySoon()
    })
  }

  /** Connects; rejects with the reason in words, after `connectTimeoutMs`, or when `signal` says so. */
  static async open(options: StreamOptions): Promise<StreamConnection> {
    const { endpoint, limits, signal } = options
    const { socket, whenReady } = begin(endpoint)
    const abort = (): void => void socket.destroy(new Error('the sink is closed'))
    signal.addEventListener('abort', abort)
    try {
      const complaint = `no answer from ${nameOf(endpoint)}`
      await within(limits.connectTimeoutMs, complaint, (resolve, reject) => {
        socket.once(whenReady, resolve)
        socket.on('error', (error) => reject(new Error(reasonOf(error), { cause: error })))
        socket.on('close', () => reject(new Error('the collector closed the connection')))
        if (signal.aborted) abort()
      })
    } catch (cause) {
      socket.destroy()
      throw cause
    } finally {
      signal.removeEventListener('abort', abort)
    }
    return new StreamConnection(socket, options)
  }

  /** Why the connection is no more; null while it stands. */
  get lost(): string | null {
    return this.#lost
  }

  /** Calls back once when the connection is lost, at once where it already is; the last to ask is told. */
  whenLost(tell: () => void): void {
    this.#rejectWhenLost(tell)
  }

  /** Resolves when the kernel has taken all bytes; rejects when the connection is lost before. */
  write(bytes: Buffer): Promise<void> {
    return within(this.#writeTimeoutMs, 'the collector takes no more', (resolve, reject) => {
      this.#rejectWhenLost(reject)
      this.#socket.write(bytes, (error) => {
        if (error) reject(new Error(reasonOf(error), { cause: error }))
        else resolve()
      })
    })
  }

  /**
   * Sends FIN (over TLS after close_notify) and waits for the collector's own: it has then read every byte.
   * True when it came in time.
   *
   * It is the only acknowledgement that plain syslog has.
   */
  async finish(timeoutMs: number): Promise<boolean> {
    try {
      await within(timeoutMs, 'no FIN', (resolve, reject) => {
        if (this.#lost !== null) reject(new Error(this.#lost))
        this.#socket.once('end', resolve)
        this.#socket.once('error', reject)
        this.#socket.once('close', () => reject(new Error('closed without an end')))
        this.#socket.end()
      })
      return true
    } catch {
      return false
    } finally {
      this.destroy()
    }
  }

  destroy(): void {
    this.#lose('closed')
    this.#socket.destroy()
  }

  #rejectWhenLost(reject: (cause: Error) => void): void {
    if (this.#lost !== null) reject(new Error(this.#lost))
    this.#onLost = reject
  }

  #lose(reason: string): void {
    this.#lost ??= reason
    this.#onLost?.(new Error(reason))
  }
}
