/** What runs this process as a service (systemd, a container's runtime), told how it is. */
import { UnixDatagram } from './unix-datagram.ts'

/** One that is told nothing, where nothing runs this process, stands behind the same face. */
export interface ServiceManager {
  /** How long it waits for a sign of life before it ends the process, ms; null where it does not wait. */
  readonly watchdogMs: number | null
  /** Starting is over, or loading the configuration again is. */
  ready(status: string): Promise<void>
  /** The configuration is being loaded again. */
  reloading(): Promise<void>
  stopping(status: string): Promise<void>
  /** Starting takes longer: `forMs` from now on. */
  stillStarting(forMs: number): Promise<void>
  /** One line for people. */
  status(text: string): Promise<void>
  /** The sign of life. */
  alive(): Promise<void>
  close(): void
}

export interface ServiceManagerOptions {
  /** `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` are taken out of it: children are not to speak for us. */
  readonly environment: NodeJS.ProcessEnv
  /** Told once, in words, why the manager cannot be told anything. */
  onUnreachable(reason: string): void
}

/**
 * Takes up the line to the service manager.
 *
 * Errors: none; a manager that cannot be reached is told of by `onUnreachable`, and the work goes on.
 * Source: sd_notify(3), sd_watchdog_enabled(3).
 */
export function serviceManager({
  environment,
  onUnreachable,
}: ServiceManagerOptions): ServiceManager {
  const { NOTIFY_SOCKET: path, WATCHDOG_USEC: everyUs, WATCHDOG_PID: pid } = environment
  delete environment.NOTIFY_SOCKET
  delete environment.WATCHDOG_USEC
  delete environment.WATCHDOG_PID
  const line = path === undefined ? null : new Line(path, onUnreachable)
  const say = (...words: readonly string[]): Promise<void> =>
    line?.say(words.join('\n')) ?? Promise.resolve()
  const isForUs = pid === undefined || pid === String(process.pid)
  const watchdogUs = isForUs && /^[1-9]\d*$/.test(everyUs ?? '') ? Number(everyUs) : null
  return {
    watchdogMs: watchdogUs === null || line === null ? null : watchdogUs / 1000,
    ready: (status) => say('READY=1', statusWord(status)),
    reloading: () => say('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`),
    stopping: (status) => say('STOPPING=1', statusWord(status)),
    stillStarting: (forMs) => say(`EXTEND_TIMEOUT_USEC=${forMs * 1000}`),
    status: (text) => say(statusWord(text)),
    alive: () => say('WATCHDOG=1'),
    close: () => line?.close(),
  }
}

/** A line break would begin another assignment. */
const statusWord = (text: string): string => `STATUS=${text.replaceAll(/\s*\n\s*/g, ' ')}`

/** Sends in the order of the calls; what fails is lost, and the next message tries a new socket. */
class Line {
  readonly #path: string
  readonly #onUnreachable: (reason: string) => void
  #socket: UnixDatagram | null = null
  #last: Promise<void> = Promise.resolve()
  #isClosed = false
  #hasComplained = false

  constructor(path: string, onUnreachable: (reason: string) => void) {
    this.#path = path
    this.#onUnreachable = onUnreachable
  }

  say(words: string): Promise<void> {
    this.#last = this.#last.then(() => this.#send(words))
    return this.#last
  }

  close(): void {
    this.#isClosed = true
    this.#socket?.close()
    this.#socket = null
  }

  async #send(words: string): Promise<void> {
    if (this.#isClosed) return
    try {
      this.#socket ??= await UnixDatagram.open(this.#path)
      await this.#socket.send(Buffer.from(words))
    } catch (cause) {
      this.#socket?.close()
      this.#socket = null
      if (this.#hasComplained) return
      this.#hasComplained = true
      const reason = cause instanceof Error ? cause.message : String(cause)
      this.#onUnreachable(`${this.#path}: ${reason}`)
    }
  }
}
