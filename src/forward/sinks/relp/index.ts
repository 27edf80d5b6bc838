/** The RELP sink: every message is acknowledged, so the stored position is what the collector has. */
import type { Outgoing } from '../../outgoing.ts'
import type { Endpoint } from '../../connections/endpoint.ts'
import { messageContext, syslogText, type MessageContext } from '../../formats/syslog/message.ts'
import type { Receipt, Sink, SinkContext } from '../../sink.ts'
import { reasonOf } from '../../tls/index.ts'
import type { RelpSinkConfig } from './config.ts'
import { RelpSession } from './session.ts'

const MESSAGE_BYTES = 8192
/** So often a message may be refused before it is passed over: a full disk over there may have been it. */
const REFUSALS = 3
const ANSWERS_MS = 20
/** At the end of the agent, which has a second. */
const LAST_ANSWERS_MS = 500

/** Makes a RELP sink; nothing is opened before the first event. */
export function createRelpSink(config: RelpSinkConfig, { version }: SinkContext): Sink {
  return new RelpSink(config, messageContext(config, version, MESSAGE_BYTES))
}

/**
 * Accepted is what was acknowledged, without a gap. Batches go out one behind the other without waiting for
 * answers, as far as the window allows. When a session breaks, what it had acknowledged is accepted, and the
 * rest is sent again.
 */
class RelpSink implements Sink {
  readonly name: string
  readonly #config: RelpSinkConfig
  readonly #context: MessageContext
  readonly #closing = new AbortController()
  #session: RelpSession | null = null
  /** The last sequence sent over the session, and when the collector last answered. */
  #lastSent = 0
  #accepted = 0
  #progressAtMs = 0
  /** Why the last session broke, told once what it had acknowledged was accepted. */
  #broken: string | null = null
  #refusal = { sequence: 0, count: 0 }

  constructor(config: RelpSinkConfig, context: MessageContext) {
    this.name = config.name
    this.#config = config
    this.#context = context
  }

  async send(events: readonly Outgoing[], hasMore = false): Promise<Receipt> {
    const broken = this.#broken
    if (broken !== null) return this.#tellBroken(broken)
    try {
      if (events.length > 0) await this.#sendAll(events, hasMore)
      this.#assertProgress()
    } catch (cause) {
      return this.#break(reasonOf(cause))
    }
    return this.#receipt()
  }

  async close(): Promise<number | null> {
    this.#closing.abort()
    const session = this.#session
    if (session === null) return null
    await session.settle(LAST_ANSWERS_MS)
    const { acknowledged } = session
    await session.close(LAST_ANSWERS_MS / 2)
    return acknowledged === 0 ? null : acknowledged
  }

  async #sendAll(events: readonly Outgoing[], hasMore: boolean): Promise<void> {
    // Whoever goes back wants it all again, and nothing of what was acknowledged before counts.
    if (events[0]!.sequence < this.#lastSent) this.#forget()
    const session = await this.#opened()
    this.#lastSent = events.at(-1)!.sequence
    const messages = events.map((event) => ({
      sequence: event.sequence,
      message: syslogText(event, this.#context),
    }))
    if (session.unanswered === 0) this.#progressAtMs = performance.now()
    await session.send(messages)
    // Where nothing waits for it, so that what is answered at once need not be asked for a second later.
    if (!hasMore) await session.settle(ANSWERS_MS)
  }

  async #opened(): Promise<RelpSession> {
    const { host, port, protocol, tls, window } = this.#config
    if (this.#session !== null) {
      const { failure, unanswered } = this.#session
      if (failure === null) return this.#session
      if (unanswered > 0) throw new Error(failure)
    }
    const endpoint: Endpoint = { kind: 'tcp', host, port, tls: protocol === 'tls' ? tls : null }
    const { version } = this.#context
    const signal = this.#closing.signal
    this.#session = await RelpSession.open({
      ...{ endpoint, limits: this.#config, signal, version, window },
    })
    return this.#session
  }

  #receipt(): Receipt {
    const acknowledged = this.#session?.acknowledged ?? 0
    if (acknowledged > this.#accepted) this.#progressAtMs = performance.now()
    this.#accepted = Math.max(this.#accepted, acknowledged)
    return { kind: 'accepted', sequence: this.#accepted }
  }

  #assertProgress(): void {
    const session = this.#session
    if (session === null || session.unanswered === 0) return
    if (session.failure !== null) throw new Error(session.failure)
    if (session.acknowledged > this.#accepted) return
    const silentMs = performance.now() - this.#progressAtMs
    if (silentMs > this.#config.writeTimeoutMs) {
      throw new Error(`the collector acknowledges nothing within ${this.#config.writeTimeoutMs} ms`)
    }
  }

  /** Accepts what the session had acknowledged before it broke; the reason is told with the next receipt. */
  #break(reason: string): Receipt {
    const acknowledged = this.#session?.acknowledged ?? 0
    const refused = this.#session?.refused ?? null
    if (refused !== null) this.#countRefusal(refused)
    this.#session?.destroy()
    this.#session = null
    if (acknowledged <= this.#accepted) return this.#tellBroken(reason)
    this.#accepted = acknowledged
    this.#broken = reason
    return { kind: 'accepted', sequence: acknowledged }
  }

  #tellBroken(reason: string): Receipt {
    this.#forget()
    const { sequence, count } = this.#refusal
    if (count < REFUSALS) return { kind: 'retry', reason, afterMs: null }
    this.#refusal = { sequence: 0, count: 0 }
    return { kind: 'rejected', sequence, reason }
  }

  #countRefusal(sequence: number): void {
    const count = this.#refusal.sequence === sequence ? this.#refusal.count + 1 : 1
    this.#refusal = { sequence, count }
  }

  #forget(): void {
    this.#session?.destroy()
    this.#session = null
    this.#lastSent = 0
    this.#accepted = 0
    this.#broken = null
  }
}
