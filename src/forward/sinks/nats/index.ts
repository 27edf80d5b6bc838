/** The NATS JetStream sink: each state of an event a message, which a stream acknowledges when it has stored it. */
import { hostname } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import type { Outgoing } from '../../outgoing.ts'
import { formatEcs, type EcsContext } from '../../formats/ecs.ts'
import { NatsLink, reasonInWords } from '../../nats/link.ts'
import type { NatsPublisher, Publication } from '../../nats/publisher.ts'
import { retryFor, type Receipt, type Sink, type SinkContext } from '../../sink.ts'
import type { NatsSinkConfig } from './config.ts'
import { subjectOf } from './subject.ts'

/** So many messages may be under way without an answer: a round trip of 50 ms still lets 20,000 a second through. */
const MOST_UNDER_WAY = 1000
/** At the end of the agent, which has a second. */
const LAST_ANSWERS_MS = 500

/** Makes a NATS sink; nothing is opened before the first event. */
export function createNatsSink(config: NatsSinkConfig, { version }: SinkContext): Sink {
  return new NatsSink(config, { version, hostname: hostname() })
}

/**
 * Accepted means that a stream has stored the message. `Nats-Msg-Id` is `EVENT-REVISION`, so what is sent again
 * within the stream's duplicate window (two minutes unless it is set otherwise) is stored once. Batches go out one
 * behind the other without waiting for answers, as far as `MOST_UNDER_WAY` allows.
 */
class NatsSink implements Sink {
  readonly name: string
  readonly #config: NatsSinkConfig
  readonly #context: EcsContext
  #link: NatsLink | null = null
  #publisher: NatsPublisher | null = null
  /** Which server is used; the next one after a failure. */
  #server = 0
  #isClosed = false

  constructor(config: NatsSinkConfig, context: EcsContext) {
    this.name = config.name
    this.#config = config
    this.#context = context
  }

  async send(events: readonly Outgoing[], hasMore = false): Promise<Receipt> {
    try {
      const publisher = await this.#connected()
      await publisher.publish(events.map((event) => this.#publication(event)))
      if (!hasMore) await publisher.settle()
      const rejected = publisher.takeRejected()
      return { kind: 'accepted', sequence: publisher.accepted, rejected }
    } catch (cause) {
      this.#server = (this.#server + 1) % this.#config.servers.length
      await this.#drop()
      return retryFor(cause, reasonInWords)
    }
  }

  async close(): Promise<number | null> {
    this.#isClosed = true
    const publisher = this.#publisher
    const settled = publisher?.settle().catch(() => undefined)
    await Promise.race([settled, setTimeout(LAST_ANSWERS_MS)])
    await this.#drop()
    return publisher?.accepted || null
  }

  #publication(event: Outgoing): Publication {
    return {
      sequence: event.sequence,
      subject: subjectOf(this.#config.subject, event, this.#context.hostname),
      payload: Buffer.from(formatEcs(event, this.#context), 'utf8'),
      id: `${event.id}-${event.revision}`,
    }
  }

  /** What was under way over a connection that ended has to be sent again: the publisher then says why it failed. */
  async #connected(): Promise<NatsPublisher> {
    const publisher = this.#publisher
    if (publisher !== null && (publisher.isUnderWay || this.#link?.isClosed === false)) {
      return publisher
    }
    const { servers, writeTimeoutMs: answerTimeoutMs, inboxPrefix } = this.#config
    const options = { answerTimeoutMs, ...(inboxPrefix === undefined ? {} : { inboxPrefix }) }
    const link = await NatsLink.open(this.#config, servers[this.#server]!, options)
    if (this.#isClosed) {
      await link.close()
      throw new Error('the sink is closed')
    }
    this.#link = link
    this.#publisher = link.publisher(MOST_UNDER_WAY)
    return this.#publisher
  }

  async #drop(): Promise<void> {
    const link = this.#link
    this.#link = null
    this.#publisher = null
    await link?.close()
  }
}
