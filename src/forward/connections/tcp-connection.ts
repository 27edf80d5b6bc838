/** A TCP connection to a collector: promises instead of events, each with a time limit. */
import { connect, type Socket } from 'node:net'

export interface TcpTarget {
  /** Name, IPv4 or IPv6 address. */
  readonly host: string
  readonly port: number
}

const CONNECT_TIMEOUT_MS = 5000
/** A collector that takes nothing for so long is treated as gone. */
const WRITE_TIMEOUT_MS = 15_000

export class TcpConnection {
  readonly #socket: Socket
  #lost: string | null = null
  /** Ends what waits for the connection when it is lost. */
  #onLost: ((cause: Error) => void) | null = null

  private constructor(socket: Socket) {
    this.#socket = socket
    // Syslog servers say nothing; reading is what makes their FIN or RST known while nothing is sent.
    socket.resume()
    socket.on('error', (error) => this.#lose(error.message))
    socket.on('close', () => this.#lose('the collector closed the connection'))
  }

  /** Connects; rejects with the operating system's reason, after five seconds, or when `signal` says so. */
  static async open(target: TcpTarget, signal: AbortSignal): Promise<TcpConnection> {
    const socket = connect({ ...target, keepAlive: true, noDelay: true })
    const abort = (): void => void socket.destroy(new Error('the sink is closed'))
    signal.addEventListener('abort', abort)
    try {
      await within(CONNECT_TIMEOUT_MS, `no answer from ${target.host}`, (resolve, reject) => {
        socket.once('connect', resolve)
        socket.on('error', reject)
        if (signal.aborted) abort()
      })
    } catch (cause) {
      socket.destroy()
      throw cause
    } finally {
      signal.removeEventListener('abort', abort)
    }
    return new TcpConnection(socket)
  }

  /** Why the connection is no more; null while it stands. */
  get lost(): string | null {
    return this.#lost
  }

  /** Resolves when the kernel has taken all bytes; rejects when the connection is lost before. */
  write(bytes: Buffer): Promise<void> {
    return within(WRITE_TIMEOUT_MS, 'the collector takes no more', (resolve, reject) => {
      this.#rejectWhenLost(reject)
      this.#socket.write(bytes, (error) => (error ? reject(error) : resolve()))
    })
  }

  /**
   * Sends FIN and waits for the collector's own: it has then read every byte. True when it came in time.
   *
   * It is the only acknowledgement that plain syslog has.
   */
  async finish(timeoutMs: number): Promise<boolean> {
    try {
      await within(timeoutMs, 'no FIN', (resolve, reject) => {
        this.#rejectWhenLost(reject)
        this.#socket.once('end', resolve)
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

/** A promise that is settled within a time, whatever happens; later answers change nothing. */
function within(
  timeoutMs: number,
  complaint: string,
  begin: (resolve: () => void, reject: (cause: Error) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`${complaint} within ${timeoutMs} ms`)),
      timeoutMs,
    )
    begin(
      () => {
        clearTimeout(timer)
        resolve()
      },
      (cause) => {
        clearTimeout(timer)
        reject(cause)
      },
    )
  })
}
