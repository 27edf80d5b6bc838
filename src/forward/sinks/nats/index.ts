/** The NATS JetStream sink: each state of an event a message, which a stream acknowledges when it has stored it. */
import { hostname } from 'node:os'
import type { Outgoing } from '../../outgoing.ts'
import { formatEcs, type EcsContext } from '../../formats/ecs.ts'
import { NatsLink, reasonInWords } from '../../nats/link.ts'
import { retryFor, type Receipt, type Rejection, type Sink, type SinkContext } from '../../sink.ts'
import type { NatsSinkConfig } from './config.ts'
import { subjectOf } from './subject.ts'

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
  #link: NatsLink | null = null
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
      const link = await this.#connected()
      const results = await Promise.all(events.map((event) => this.#publish(link, event)))
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
  async #publish(link: NatsLink, event: Outgoing): Promise<Rejection | null> {
    const subject = subjectOf(this.#config.subject, event, this.#context.hostname)
    const payload = new TextEncoder().encode(formatEcs(event, this.#context))
    const reason = await link.publish(subject, payload, { id: `${event.id}-${event.revision}` })
    return reason === null ? null : { sequence: event.sequence, reason }
  }

  async #connected(): Promise<NatsLink> {
    if (this.#link?.isClosed === false) return this.#link
    const { servers, writeTimeoutMs: answerTimeoutMs, inboxPrefix } = this.#config
    const options = { answerTimeoutMs, ...(inboxPrefix === undefined ? {} : { inboxPrefix }) }
    const link = await NatsLink.open(this.#config, servers[this.#server]!, options)
    if (this.#isClosed) {
      await link.close()
      throw new Error('the sink is closed')
    }
    this.#link = link
    return link
  }

  async #drop(): Promise<void> {
    const link = this.#link
    this.#link = null
    await link?.close()
  }
}
