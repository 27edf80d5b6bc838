/** The NATS client's home: one connection, and what is asked of JetStream over it. */
import {
  jetstream,
  JetStreamApiError,
  jetstreamManager,
  type JetStreamClient,
  type JetStreamManager,
  type StoredMsg,
} from '@nats-io/jetstream'
import {
  AuthorizationError,
  headers,
  PermissionViolationError,
  RequestError,
  type NatsConnection,
} from '@nats-io/transport-node'
import { reasonOf } from '../tls/index.ts'
import type { NatsConnectionConfig } from './config.ts'
import { connectNats } from './connection.ts'
import { HEADER_BYTES, NatsPublisher, TOO_LONG_FOR_STREAM, unanswered } from './publisher.ts'

/** JetStream: there is none of this name. */
const NO_SUCH_STREAM = 10059

export interface LinkOptions {
  /** A server that answers nothing for so long is treated as gone. */
  readonly answerTimeoutMs: number
  /** Where answers come to, for those who may not read those of others. */
  readonly inboxPrefix?: string
}

/** A message as a stream keeps it. */
export interface StoredMessage {
  readonly subject: string
  /** 1 for the first that the stream took, and never given twice. */
  readonly sequence: number
  readonly payload: Uint8Array
  /** The first value of the header; the empty text without it. */
  header(name: string): string
}

export interface StreamFacts {
  /** When it was made, as the server writes it: another stream of the same name has another. */
  readonly createdAt: string
}

/** What a stream is to be; everything else is the server's default. */
export interface StreamPlan {
  readonly name: string
  readonly subjects: readonly string[]
  readonly replicas: number
  readonly maxAgeSeconds: number
  readonly maxBytes?: number
  readonly maxPerSubject?: number
}

/** A connection that is used until it fails; nothing is tried again here. */
export class NatsLink {
  readonly #connection: NatsConnection
  readonly #options: LinkOptions
  readonly #client: JetStreamClient
  readonly #manager: JetStreamManager

  private constructor(connection: NatsConnection, options: LinkOptions, manager: JetStreamManager) {
    this.#connection = connection
    this.#options = options
    this.#client = jetstream(connection, { timeout: options.answerTimeoutMs })
    this.#manager = manager
  }

  /** Connects to one server. Errors: the client's or TLS's own, and `ERR_SINK_CONNECT`: see `reasonInWords`. */
  static async open(
    config: NatsConnectionConfig,
    server: string,
    options: LinkOptions,
  ): Promise<NatsLink> {
    const connection = await connectNats(config, server, options.inboxPrefix)
    const timeout = options.answerTimeoutMs
    const manager = await jetstreamManager(connection, { timeout, checkAPI: false })
    return new NatsLink(connection, options, manager)
  }

  get isClosed(): boolean {
    return this.#connection.isClosed()
  }

  /** Resolves when the connection has ended, with what ended it. */
  async closed(): Promise<Error | null> {
    return (await this.#connection.closed()) ?? null
  }

  /**
   * Has a stream store a message; `id` makes a repeat within its duplicate window stored once.
   *
   * Gives why no stream can ever take it; null when one has it. Errors: whatever else fails, to be tried again.
   */
  async publish(
    subject: string,
    payload: Uint8Array,
    { id, headers: given = {} }: { readonly id: string; readonly headers?: Record<string, string> },
  ): Promise<string | null> {
    const most = (this.#connection.info?.max_payload ?? Infinity) - HEADER_BYTES
    if (payload.length > most) return `${payload.length} bytes, and the server takes ${most}`
    const sent = headers()
    for (const [name, value] of Object.entries(given)) sent.set(name, value)
    try {
      await this.#client.publish(subject, payload, { msgID: id, retries: 0, headers: sent })
      return null
    } catch (cause) {
      if (cause instanceof JetStreamApiError && cause.code === TOO_LONG_FOR_STREAM) {
        return cause.message
      }
      if (!isUnanswered(cause)) throw cause
      throw unanswered(subject)
    }
  }

  /** Makes what has streams store many messages at once. */
  publisher(most: number): NatsPublisher {
    return new NatsPublisher(this.#connection, { ...this.#options, most })
  }

  /** Gives the first message of the stream from a sequence on whose subject fits; null while there is none. */
  async next(stream: string, sequence: number, subject = '>'): Promise<StoredMessage | null> {
    const query = { seq: sequence, next_by_subj: subject }
    const found = await this.#manager.streams.getMessage(stream, query)
    return found === null ? null : stored(found)
  }

  /**
   * Gives every message of the stream whose subject fits, in order.
   *
   * Cost: a question for each. A consumer would need fewer, and the one server that assigns them: for some seconds
   * after a server was lost there is none, while the stream itself answers.
   */
  async read(stream: string, subject: string): Promise<readonly StoredMessage[]> {
    const found: StoredMessage[] = []
    let message = await this.next(stream, 1, subject)
    while (message !== null) {
      found.push(message)
      message = await this.next(stream, message.sequence + 1, subject)
    }
    return found
  }

  /** Null where there is no such stream. */
  async facts(stream: string): Promise<StreamFacts | null> {
    try {
      const { created } = await this.#manager.streams.info(stream)
      return { createdAt: created }
    } catch (cause) {
      if (cause instanceof JetStreamApiError && cause.code === NO_SUCH_STREAM) return null
      throw cause
    }
  }

  /** Makes the stream, or makes the one that is there what it is to be. */
  async makeStream(plan: StreamPlan): Promise<void> {
    const settings = {
      subjects: [...plan.subjects],
      num_replicas: plan.replicas,
      max_age: plan.maxAgeSeconds * 1e9,
      max_bytes: plan.maxBytes ?? -1,
      max_msgs_per_subject: plan.maxPerSubject ?? -1,
    }
    const { streams } = this.#manager
    if ((await this.facts(plan.name)) === null) await streams.add({ name: plan.name, ...settings })
    else await streams.update(plan.name, settings)
  }

  /** Tells everybody who listens to the subject; nothing is stored. */
  async signal(subject: string): Promise<void> {
    this.#connection.publish(subject)
    await this.#connection.flush()
  }

  /** Calls back at each signal until the connection ends. */
  onSignal(subject: string, heard: () => void): void {
    const callback = (error: Error | null): void => {
      if (error === null) heard()
    }
    this.#connection.subscribe(subject, { callback })
  }

  async close(): Promise<void> {
    await this.#connection.close()
  }
}

const stored = (message: StoredMsg): StoredMessage => ({
  subject: message.subject,
  sequence: message.seq,
  payload: message.data,
  header: (name) => message.header.get(name),
})

/** Nobody has subscribed to the subject; the client calls that JetStream being off. */
const isUnanswered = (cause: unknown): boolean =>
  cause instanceof Error && cause.cause instanceof RequestError && cause.cause.isNoResponders()

/** Says whether the servers know one and do not let one; trying again is no use then. */
export function isDenied(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false
  const isRefusal = cause instanceof AuthorizationError || cause instanceof PermissionViolationError
  return isRefusal || isDenied(cause.cause)
}

/** Says why NATS failed; the client hides why TLS did behind errors of its own. */
export function reasonInWords(cause: unknown): string {
  const inner = cause instanceof Error ? cause.cause : undefined
  return inner instanceof Error ? reasonOf(inner) : reasonOf(cause)
}
