/** The NATS JetStream sink: each state of an event a message, which a stream acknowledges when it has stored it. */
import { hostname } from 'node:os'
import { jetstream, JetStreamApiError, type JetStreamClient } from '@nats-io/jetstream'
import { RequestError, type NatsConnection } from '@nats-io/transport-node'
import type { Outgoing } from '../../outgoing.ts'
import { formatEcs, type EcsContext } from '../../formats/ecs.ts'
import {
  Retry,
  retryFor,
  type Receipt,
  type Rejection,
  type Sink,
  type SinkContext,
} from '../../sink.ts'
import { reasonOf } from '../../tls/index.ts'
import type { NatsSinkConfig } from './config.ts'
import { connectNats } from './connection.ts'
import { subjectOf } from './subject.ts'

/** JetStream: the message is longer than the stream takes. */
const TOO_LONG_FOR_STREAM = 10054
/** What the headers of a message need: `Nats-Msg-Id` and a UUID. */
const HEADER_BYTES = 200

interface Target {
  readonly client: JetStreamClient
  /** The longest payload that the server takes, in bytes. */
  readonly most: number
}

/** Makes a NATS sink; nothing is opened before the first event. */
export function createNatsSink(config: NatsSinkConfig, { version }: SinkContext): Sink {
  return new NatsSink(config, { version, hostname: hostname() })
}

/**
 * Accepted means that a stream has stored the message. `Nats-Msg-Id` is `EVENT-REVISION`, so what is sent again
 * within the stream's duplicate window (two minutes unless it is set otherwise) is stored once.
 */
class NatsSink implements Sink {
  readonly name: string
  readonly #config: NatsSinkConfig
  readonly #context: EcsContext
  #connection: NatsConnection | null = null
  /** Which server is used; the next one after a failure. */
  #server = 0
  #isClosed = false

  constructor(config: NatsSinkConfig, context: EcsContext) {
    this.name = config.name
    this.#config = config
    this.#context = context
  }

  async send(events: readonly Outgoing[]): Promise<Receipt> {
    const last = events.at(-1)
    if (last === undefined) return { kind: 'accepted', sequence: 0 }
    try {
      const connection = await this.#connected()
      const timeout = this.#config.writeTimeoutMs
      const target = {
        client: jetstream(connection, { timeout }),
        most: longestPayload(connection),
      }
      const results = await Promise.all(events.map((event) => this.#publish(target, event)))
      const rejected = results.filter((result) => result !== null)
      return { kind: 'accepted', sequence: last.sequence, rejected }
    } catch (cause) {
      this.#server = (this.#server + 1) % this.#config.servers.length
      await this.#drop()
      return retryFor(cause, reasonInWords)
    }
  }

  async close(): Promise<null> {
    this.#isClosed = true
    await this.#drop()
    return null
  }

  /** Null when the stream has it. Throws where all have to be sent again. */
  async #publish({ client, most }: Target, event: Outgoing): Promise<Rejection | null> {
    const subject = subjectOf(this.#config.subject, event, this.#context.hostname)
    const payload = new TextEncoder().encode(formatEcs(event, this.#context))
    if (payload.length > most) {
      const reason = `${payload.length} bytes, and the server takes ${most}`
      return { sequence: event.sequence, reason }
    }
    try {
      const msgID = `${event.id}-${event.revision}`
      await client.publish(subject, payload, { msgID, retries: 0 })
      return null
    } catch (cause) {
      if (cause instanceof JetStreamApiError && cause.code === TOO_LONG_FOR_STREAM) {
        return { sequence: event.sequence, reason: cause.message }
      }
      if (isUnanswered(cause)) {
        throw new Retry(
          `no stream of the server takes the subject ${subject}, or JetStream is off; create one`,
        )
      }
      throw cause
    }
  }

  async #connected(): Promise<NatsConnection> {
    if (this.#connection?.isClosed() === false) return this.#connection
    const connection = await connectNats(this.#config, this.#config.servers[this.#server]!)
    if (this.#isClosed) {
      await connection.close()
      throw new Error('the sink is closed')
    }
    this.#connection = connection
    return connection
  }

  async #drop(): Promise<void> {
    const connection = this.#connection
    this.#connection = null
    await connection?.close()
  }
}

const longestPayload = ({ info }: NatsConnection): number =>
  (info?.max_payload ?? Infinity) - HEADER_BYTES

/** Nobody has subscribed to the subject; the client calls that JetStream being off. */
const isUnanswered = (cause: unknown): boolean =>
  cause instanceof Error && cause.cause instanceof RequestError && cause.cause.isNoResponders()

/** The client hides why TLS failed behind errors of its own. */
function reasonInWords(cause: unknown): string {
  const inner = cause instanceof Error ? cause.cause : undefined
  return inner instanceof Error ? reasonOf(inner) : reasonOf(cause)
}
