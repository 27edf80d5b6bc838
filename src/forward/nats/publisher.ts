/** Messages for a stream, many under way at once: each is acknowledged by itself, and none waits for the one before. */
import { createInbox, headers, type Msg, type NatsConnection } from '@nats-io/transport-node'
import { within } from '../connections/time-limit.ts'
import type { Rejection } from '../sink.ts'

/** JetStream: the message is longer than the stream takes. */
export const TOO_LONG_FOR_STREAM = 10054
/** What the headers of a message need: `Nats-Msg-Id` and a UUID. */
export const HEADER_BYTES = 200
/** Nobody has subscribed to the subject (the status of the server's own answer). */
const NO_RESPONDERS = 503

export interface PublisherOptions {
  /** A server that answers nothing for so long is treated as gone. */
  readonly answerTimeoutMs: number
  /** Where answers come to, for those who may not read those of others. */
  readonly inboxPrefix?: string
  /** So many messages may be without an answer. */
  readonly most: number
}

export interface Publication {
  readonly sequence: number
  readonly subject: string
  readonly payload: Uint8Array
  /** Makes a repeat within the stream's duplicate window stored once. */
  readonly id: string
}

interface UnderWay {
  readonly sequence: number
  readonly subject: string
  /** The sequence of the message before it. */
  readonly before: number
}

/** What a stream says of a message. */
interface StreamAnswer {
  readonly error?: { readonly err_code?: number; readonly description?: string }
}

/**
 * Publishes over one connection until something fails; what is then without an answer is to be sent again.
 *
 * The client's own `publish` makes a request of each message, with errors made beforehand for the case that it fails:
 * a quarter of all that sending cost.
 * Memory: a few numbers for each message without an answer, and no more of those than `most`.
 */
export class NatsPublisher {
  readonly #connection: NatsConnection
  readonly #options: PublisherOptions
  readonly #inbox: string
  /** By the last token of the subject that its answer comes to, oldest first. */
  readonly #underWay = new Map<number, UnderWay>()
  #token = 0
  #lastSent = 0
  #rejected: Rejection[] = []
  #failure: Error | null = null
  /** Ends what waits for an answer. */
  #onNews: (() => void) | null = null

  constructor(connection: NatsConnection, options: PublisherOptions) {
    this.#connection = connection
    this.#options = options
    this.#inbox = `${createInbox(options.inboxPrefix)}.`
    connection.subscribe(`${this.#inbox}*`, {
      callback: (error, answer) => (error === null ? this.#take(answer) : this.#fail(error)),
    })
    void this.#watch()
    void connection.closed().then((cause) => {
      this.#fail(cause instanceof Error ? cause : new Error('the server closed the connection'))
    })
  }

  /** A stream has everything up to it, but for what is rejected; 0 for nothing yet. */
  get accepted(): number {
    for (const { before } of this.#underWay.values()) return before
    return this.#lastSent
  }

  get isUnderWay(): boolean {
    return this.#underWay.size > 0
  }

  /** Sends messages as there is room for them. Errors: what made the publisher fail. */
  async publish(messages: readonly Publication[]): Promise<void> {
    for (const message of messages) {
      if (this.#underWay.size >= this.#options.most) await this.#room()
      this.#assertSound()
      this.#send(message)
    }
  }

  /** Waits until all is answered, each within the time that an answer may take. Errors: as `publish`. */
  async settle(): Promise<void> {
    await this.#newsWhile(() => this.#underWay.size > 0)
  }

  /** Gives what no stream can ever take, once. */
  takeRejected(): readonly Rejection[] {
    const rejected = this.#rejected
    this.#rejected = []
    return rejected
  }

  /** Half of what may be under way at once, since answers come in lumps. */
  async #room(): Promise<void> {
    await this.#newsWhile(() => this.#underWay.size > this.#options.most / 2)
  }

  #send({ sequence, subject, payload, id }: Publication): void {
    const before = this.#lastSent
    this.#lastSent = Math.max(before, sequence)
    const most = (this.#connection.info?.max_payload ?? Infinity) - HEADER_BYTES
    if (payload.length > most) {
      const reason = `${payload.length} bytes, and the server takes ${most}`
      this.#rejected.push({ sequence, reason })
      return
    }
    this.#token += 1
    this.#underWay.set(this.#token, { sequence, subject, before })
    const named = headers()
    named.set('Nats-Msg-Id', id)
    this.#connection.publish(subject, payload, {
      reply: `${this.#inbox}${this.#token}`,
      headers: named,
    })
  }

  #take(answer: Msg): void {
    const token = Number(answer.subject.slice(this.#inbox.length))
    const message = this.#underWay.get(token)
    if (message === undefined) return
    const { sequence, subject } = message
    if (answer.data.length === 0 && answer.headers?.code === NO_RESPONDERS) {
      this.#fail(unanswered(subject))
      return
    }
    const read = streamAnswer(answer)
    if (read === null) {
      this.#fail(
        new Error(`what answers for ${subject} is no stream: its answer is no JSON object`),
      )
      return
    }
    const { error } = read
    const reason = error?.description ?? 'the stream refuses it'
    if (error !== undefined && error.err_code !== TOO_LONG_FOR_STREAM) {
      this.#fail(new Error(reason))
      return
    }
    if (error !== undefined) this.#rejected.push({ sequence, reason })
    this.#underWay.delete(token)
    this.#onNews?.()
  }

  /** The server says apart from any answer that a subject may not be published to. */
  async #watch(): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type === 'error') this.#fail(status.error)
    }
  }

  #fail(cause: Error): void {
    this.#failure ??= cause
    this.#onNews?.()
  }

  #assertSound(): void {
    if (this.#failure !== null) throw this.#failure
  }

  async #newsWhile(condition: () => boolean): Promise<void> {
    while (condition()) {
      this.#assertSound()
      await within(this.#options.answerTimeoutMs, 'no stream acknowledges anything', (resolve) => {
        this.#onNews = resolve
      })
    }
  }
}

/** Null for what no stream says: an exception in its callback is all that the client would tell of it. */
function streamAnswer(answer: Msg): StreamAnswer | null {
  try {
    const read = answer.json<StreamAnswer | null>()
    return typeof read === 'object' ? read : null
  } catch {
    return null
  }
}

/** Nobody has subscribed to the subject, which says nothing of JetStream itself. */
export function unanswered(subject: string): Error {
  return new Error(
    `no stream of the server takes the subject ${subject}, or JetStream is off; create one`,
  )
}
