/** Syslog to the daemon of this host: one datagram an event on a unix socket such as /dev/log. */
import { UnixDatagram } from '../../../core/unix/unix-datagram.ts'
import type { Outgoing } from '../../outgoing.ts'
import { within } from '../../connections/time-limit.ts'
import { syslogMessage, type MessageContext } from '../../formats/syslog/message.ts'
import type { Receipt, Sink } from '../../sink.ts'

/** A daemon that takes nothing for so long is treated as gone. */
const WRITABLE_TIMEOUT_MS = 5000

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
  #socket: UnixDatagram | null = null

  constructor(options: UnixDatagramOptions) {
    this.name = options.name
    this.#options = options
  }

  async send(events: readonly Outgoing[]): Promise<Receipt> {
    try {
      for (const event of events) {
        const bytes = syslogMessage(event, this.#options.context)
        this.#socket ??= await UnixDatagram.open(this.#options.path)
        await sendInTime(this.#socket, bytes)
      }
      return { kind: 'accepted', sequence: events.at(-1)?.sequence ?? 0 }
    } catch (cause) {
      this.#closeSocket()
      const reason = cause instanceof Error ? cause.message : String(cause)
      return {
        kind: 'retry',
        reason: `${this.#options.path}: ${reason}${otherWay(reason)}`,
        afterMs: null,
      }
    }
  }

  close(): Promise<null> {
    this.#closeSocket()
    return Promise.resolve(null)
  }

  #closeSocket(): void {
    this.#socket?.close()
    this.#socket = null
  }
}

/** Where another setting of `protocol` helps, it is named. */
function otherWay(reason: string): string {
  if (reason.includes('EPROTOTYPE')) return '; use unix'
  return reason.includes('unix-dgram') ? '; use unix, tcp or udp' : ''
}

function sendInTime(socket: UnixDatagram, bytes: Buffer): Promise<void> {
  return within(WRITABLE_TIMEOUT_MS, 'the daemon takes nothing', (resolve, reject) => {
    socket.send(bytes).then(resolve, reject)
  })
}
