/** The Splunk sink: batches to the HTTP Event Collector, delivered when Splunk says that they are indexed. */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import { usFromRfc3339 } from '../../../core/clock.ts'
import type { Outgoing } from '../../outgoing.ts'
import { formatEcs, type EcsContext } from '../../formats/ecs.ts'
import { HttpClient, type HttpAnswer } from '../../http/client.ts'
import { compressible } from '../../http/compressible.ts'
import { readSecret } from '../../connections/secret.ts'
import {
  Retry,
  retryFor,
  type Receipt,
  type Rejection,
  type Sink,
  type SinkContext,
} from '../../sink.ts'
import { reasonOf } from '../../tls/index.ts'
import { Acknowledgements } from './acknowledgements.ts'
import { acknowledged, hecAnswer } from './answer.ts'
import type { HecSinkConfig } from './config.ts'

/** So many batches may wait to be indexed: half a minute of a busy indexer at 500 events/s. */
const MOST_OPEN_BATCHES = 64
const ASK_EVERY_MS = 250
/** At the end of the agent, which has a second. */
const LAST_ASK_MS = 500
const POST = '/services/collector/event'
const ASK = '/services/collector/ack'

/** Makes a Splunk sink; nothing is opened before the first event. */
export function createHecSink(config: HecSinkConfig, { version }: SinkContext): Sink {
  return new HecSink(config, { version, hostname: hostname() })
}

/**
 * With `useAck` accepted means indexed: Splunk gives a number for each request and is asked for it until it says
 * so. What it has not said after `ackTimeoutSeconds`, or when a request fails, is sent again on a new channel
 * (same `event.id` and `picket.revision`).
 */
class HecSink implements Sink {
  readonly name: string
  readonly #config: HecSinkConfig
  readonly #context: EcsContext
  readonly #client: HttpClient
  readonly #acknowledgements = new Acknowledgements(MOST_OPEN_BATCHES)
  #channel = randomUUID()
  #askedAtMs = -Infinity
  readonly #closing = new AbortController()

  constructor(config: HecSinkConfig, context: EcsContext) {
    this.name = config.name
    this.#config = config
    this.#context = context
    this.#client = new HttpClient({ url: config.url, tls: config.tls, limits: config })
  }

  async send(events: readonly Outgoing[]): Promise<Receipt> {
    try {
      await this.#askUntilThereIsRoom()
      const rejected = events.length === 0 ? [] : await this.#deliver(events)
      return { kind: 'accepted', sequence: this.#acknowledgements.accepted, rejected }
    } catch (cause) {
      this.#acknowledgements.forget()
      this.#channel = randomUUID()
      return retryFor(cause, reasonOf)
    }
  }

  /** Asks once more, so that the next start repeats as little as possible. */
  async close(): Promise<number | null> {
    this.#closing.abort()
    if (!this.#acknowledgements.isEmpty) {
      await Promise.race([
        this.#askForAcknowledgements().catch(() => undefined),
        setTimeout(LAST_ASK_MS),
      ])
    }
    this.#client.close()
    return this.#acknowledgements.accepted || null
  }

  async #deliver(events: readonly Outgoing[]): Promise<readonly Rejection[]> {
    const ackIds: number[] = []
    const rejected = await this.#post(events, ackIds)
    this.#acknowledgements.add(events.at(-1)!.sequence, ackIds, performance.now())
    return rejected
  }

  /** Posts events; those that Splunk can never take are left out and returned, all others are taken. */
  async #post(events: readonly Outgoing[], ackIds: number[]): Promise<readonly Rejection[]> {
    const answer = hecAnswer(
      await this.#ask(POST, events.map((event) => this.#envelope(event)).join('\n')),
    )
    switch (answer.kind) {
      case 'taken':
        if (this.#config.useAck) ackIds.push(this.#requireAckId(answer.ackId))
        return []
      case 'refused':
        throw new Retry(answer.reason, answer.afterMs)
      case 'too-long':
        return await this.#postParts(events, null, answer.reason, ackIds)
      case 'invalid':
        return await this.#postParts(events, answer.index, answer.reason, ackIds)
    }
  }

  /** Splunk may or may not have taken those before the bad one: they are sent again rather than lost. */
  async #postParts(
    events: readonly Outgoing[],
    badIndex: number | null,
    reason: string,
    ackIds: number[],
  ): Promise<readonly Rejection[]> {
    const bad = events[events.length === 1 ? 0 : (badIndex ?? -1)]
    if (bad !== undefined) {
      const others = events.filter((event) => event !== bad)
      const more = others.length === 0 ? [] : await this.#post(others, ackIds)
      return [{ sequence: bad.sequence, reason }, ...more]
    }
    const middle = events.length >> 1
    const first = await this.#post(events.slice(0, middle), ackIds)
    return [...first, ...(await this.#post(events.slice(middle), ackIds))]
  }

  #requireAckId(ackId: number | null): number {
    if (ackId !== null) return ackId
    throw new Retry(
      'Splunk gives no acknowledgement id; switch indexer acknowledgement on for the token, or set useAck: false',
    )
  }

  async #askUntilThereIsRoom(): Promise<void> {
    const { isEmpty } = this.#acknowledgements
    if (isEmpty) return
    do {
      const waitMs = this.#askedAtMs + ASK_EVERY_MS - performance.now()
      if (waitMs > 0 && !this.#acknowledgements.isFull) return
      await setTimeout(Math.max(0, waitMs), null, { signal: this.#closing.signal })
      await this.#askForAcknowledgements()
    } while (this.#acknowledgements.isFull)
  }

  async #askForAcknowledgements(): Promise<void> {
    this.#askedAtMs = performance.now()
    const answer = await this.#ask(ASK, JSON.stringify({ acks: this.#acknowledgements.openIds() }))
    const ids = acknowledged(answer)
    if (ids === null) {
      const refusal = hecAnswer(answer)
      throw new Retry('reason' in refusal ? refusal.reason : 'Splunk does not tell what is indexed')
    }
    this.#acknowledgements.settle(ids)
    const seconds = this.#config.ackTimeoutSeconds
    if (performance.now() - this.#acknowledgements.oldestSentAtMs > seconds * 1000) {
      throw new Retry(`Splunk acknowledged nothing within ${seconds} s; it is sent again`)
    }
  }

  async #ask(path: string, text: string): Promise<HttpAnswer> {
    const token = readSecret({
      field: 'token',
      text: this.#config.token,
      file: this.#config.tokenFile,
    })
    const { headers, body } = await compressible(text, this.#config.gzip)
    return await this.#client.ask({
      method: 'POST',
      path: `${path}?channel=${this.#channel}`,
      headers: {
        ...headers,
        authorization: `Splunk ${token ?? ''}`,
        'content-type': 'application/json; charset=utf-8',
        'x-splunk-request-channel': this.#channel,
      },
      body,
    })
  }

  #envelope(event: Outgoing): string {
    const { index, source, sourcetype } = this.#config
    const meant = JSON.stringify({
      time: usFromRfc3339(event.lastSeen) / 1e6,
      host: this.#context.hostname,
      source,
      sourcetype,
      ...(index === undefined ? {} : { index }),
    })
    return `${meant.slice(0, -1)},"event":${formatEcs(event, this.#context)}}`
  }
}
