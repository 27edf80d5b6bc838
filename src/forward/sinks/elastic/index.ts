/** The Elasticsearch and OpenSearch sink: one document a state of an event, by the bulk API. */
import { hostname } from 'node:os'
import type { Outgoing } from '../../outgoing.ts'
import { formatEcs, type EcsContext } from '../../formats/ecs.ts'
import { HttpClient, type HttpAnswer } from '../../http/client.ts'
import { compressible } from '../../http/compressible.ts'
import { OneAhead } from '../one-ahead.ts'
import { readSecret } from '../../connections/secret.ts'
import { retryFor, type Receipt, type Rejection, type Sink, type SinkContext } from '../../sink.ts'
import { reasonOf } from '../../tls/index.ts'
import { itemResults, WANTED } from './answer.ts'
import type { ElasticSinkConfig } from './config.ts'

const PATH = `/_bulk?filter_path=${WANTED}`

/** Events, and what the bulk API is sent of them. */
interface Bulk {
  readonly events: readonly Outgoing[]
  readonly body: Buffer
}

/** Makes an Elasticsearch sink; nothing is opened before the first event. */
export function createElasticSink(config: ElasticSinkConfig, { version }: SinkContext): Sink {
  return new ElasticSink(config, { version, hostname: hostname() })
}

/**
 * Accepted means that the node has answered for the document: it is in the translog of primary and replicas.
 *
 * A data stream takes only `create`, and an event has several states (count and times go on). So each state is
 * a document of its own with `_id` = `EVENT-REVISION`: repeats answer 409 and vanish, later states are there,
 * and the newest of an event is the one with the highest `picket.revision` (collapse on `event.id`).
 */
class ElasticSink implements Sink {
  readonly name: string
  readonly #config: ElasticSinkConfig
  readonly #context: EcsContext
  readonly #clients: readonly HttpClient[]
  readonly #underWay = new OneAhead((bulk: Bulk) => this.#create(bulk))
  /** Which node is asked; the next one after a failure. */
  #node = 0

  constructor(config: ElasticSinkConfig, context: EcsContext) {
    this.name = config.name
    this.#config = config
    this.#context = context
    this.#clients = config.nodes.map(
      (url) => new HttpClient({ url, tls: config.tls, limits: config }),
    )
  }

  async send(events: readonly Outgoing[], hasMore = false): Promise<Receipt> {
    const last = events.at(-1)
    const batch =
      last === undefined ? null : { sequence: last.sequence, content: this.#bulk(events) }
    try {
      return { kind: 'accepted', ...(await this.#underWay.send(batch, hasMore)) }
    } catch (cause) {
      this.#node = (this.#node + 1) % this.#clients.length
      return retryFor(cause, reasonOf)
    }
  }

  /** What is under way is not waited for: a node that has it knows the repeat by its id. */
  close(): Promise<null> {
    this.#clients.forEach((client) => client.close())
    return Promise.resolve(null)
  }

  async #create({ events, body }: Bulk): Promise<readonly Rejection[]> {
    const answer = await this.#ask(body)
    if (answer.status === 413) return await this.#createHalves(events, answer)
    return itemResults(answer, events.length).flatMap((reason, index) =>
      reason === null ? [] : [{ sequence: events[index]!.sequence, reason }],
    )
  }

  /** A proxy or `http.max_content_length` takes less at once. */
  async #createHalves(
    events: readonly Outgoing[],
    answer: HttpAnswer,
  ): Promise<readonly Rejection[]> {
    if (events.length === 1) {
      return [{ sequence: events[0]!.sequence, reason: `HTTP ${answer.status}, too long` }]
    }
    const middle = events.length >> 1
    const first = await this.#create(this.#bulk(events.slice(0, middle)))
    return [...first, ...(await this.#create(this.#bulk(events.slice(middle))))]
  }

  /** Bytes at once: texts put together of many parts, kept until the node answers, are what a collector of garbage dreads. */
  #bulk(events: readonly Outgoing[]): Bulk {
    const text = events.map((event) => this.#lines(event)).join('')
    return { events, body: Buffer.from(text, 'utf8') }
  }

  #lines(event: Outgoing): string {
    const create = { _index: this.#config.dataStream, _id: `${event.id}-${event.revision}` }
    return `${JSON.stringify({ create })}\n${formatEcs(event, this.#context)}\n`
  }

  async #ask(bytes: Buffer): Promise<HttpAnswer> {
    const { headers, body } = await compressible(bytes, this.#config.gzip)
    return await this.#clients[this.#node]!.ask({
      method: 'POST',
      path: PATH,
      headers: { ...headers, ...this.#authorization(), 'content-type': 'application/x-ndjson' },
      body,
    })
  }

  #authorization(): Record<string, string> {
    const { apiKey, apiKeyFile, user, password, passwordFile } = this.#config
    const key = readSecret({ field: 'apiKey', text: apiKey, file: apiKeyFile })
    if (key !== null) return { authorization: `ApiKey ${key}` }
    if (user === undefined) return {}
    const secret = readSecret({ field: 'password', text: password, file: passwordFile })
    return { authorization: `Basic ${Buffer.from(`${user}:${secret ?? ''}`).toString('base64')}` }
  }
}
