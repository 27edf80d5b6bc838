/** Syslog to the daemon of this host: one datagram an event on a unix socket such as /dev/log. */
import { getSystemErrorName } from 'node:util'
import type { createSocket, UnixDatagramSocket } from 'unix-dgram'
import type { Outgoing } from '../../outgoing.ts'
import { within } from '../../connections/time-limit.ts'
import { syslogMessage, type MessageContext } from '../../formats/syslog/message.ts'
import type { Receipt, Sink } from '../../sink.ts'

/** A daemon that takes nothing for so long is treated as gone. */
const WRITABLE_TIMEOUT_MS = 5000
const CONGESTED = 1

export interface UnixDatagramOptions {
  readonly name: string
  readonly path: string
  readonly context: MessageContext
}

/**
 * Accepted means that the kernel has put the datagram into the daemon's queue: it is never dropped on the
 * way, and a full queue is waited for. What the daemon had not yet read when it dies is lost.
 */
export class SyslogUnixDatagramSink implements Sink {
  readonly name: string
  readonly #options: UnixDatagramOptions
  #socket: UnixDatagramSocket | null = null

  constructor(options: UnixDatagramOptions) {
    this.name = options.name
    this.#options = options
  }

  async send(events: readonly Outgoing[]): Promise<Receipt> {
    try {
      for (const event of events) {
        const bytes = syslogMessage(event, this.#options.context)
        await this.#sendOne(await this.#connected(), bytes)
      }
      return { kind: 'accepted', sequence: events.at(-1)?.sequence ?? 0 }
    } catch (cause) {
      this.#closeSocket()
      const reason = cause instanceof Error ? cause.message : String(cause)
      return { kind: 'retry', reason: `${this.#options.path}: ${reason}`, afterMs: null }
    }
  }

  close(): Promise<null> {
    this.#closeSocket()
    return Promise.resolve(null)
  }

  async #sendOne(socket: UnixDatagramSocket, bytes: Buffer): Promise<void> {
    const code = await new Promise<number>((resolve) => {
      socket.send(bytes, (error) => resolve(error === undefined ? 0 : (error.code ?? -1)))
    })
    if (code < 0) throw new Error(nameOfError(code))
    if (code !== CONGESTED) return
    await within(WRITABLE_TIMEOUT_MS, 'the daemon takes nothing', (resolve) => {
      socket.once('writable', resolve)
    })
    await this.#sendOne(socket, bytes)
  }

  async #connected(): Promise<UnixDatagramSocket> {
    if (this.#socket !== null) return this.#socket
    const addon = await loadAddon()
    const socket = addon.createSocket('unix_dgram')
    this.#socket = socket
    await new Promise<void>((resolve, reject) => {
      socket.on('error', (error: Error & { readonly code?: number }) =>
        reject(new Error(nameOfError(error.code ?? -1))),
      )
      socket.once('connect', resolve)
      socket.connect(this.#options.path)
    })
    return socket
  }

  #closeSocket(): void {
    this.#socket?.close()
    this.#socket = null
  }
}

/** A native addon, which a host without a compiler does not have. */
async function loadAddon(): Promise<{ createSocket: typeof createSocket }> {
  try {
    return await import('unix-dgram')
  } catch (cause) {
    throw new Error('the npm package unix-dgram could not be loaded; use unix, tcp or udp', {
      cause,
    })
  }
}

/** As in `ENOENT: no such file`; the addon gives the bare number. */
function nameOfError(code: number): string {
  const name = getSystemErrorName(code)
  if (name === 'ENOENT') return 'there is no such socket (ENOENT)'
  if (name === 'ECONNREFUSED') return 'no daemon listens there (ECONNREFUSED)'
  return name === 'EPROTOTYPE' ? 'it takes no datagrams; use unix (EPROTOTYPE)' : name
}
