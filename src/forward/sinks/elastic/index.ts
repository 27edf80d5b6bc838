/** The Elasticsearch and OpenSearch sink: one document a state of an event, by the bulk API. */
import { hostname } from 'node:os'
import type { Outgoing } from '../../outgoing.ts'
import { formatEcs, type EcsContext } from '../../formats/ecs.ts'
import { HttpClient, type HttpAnswer } from '../../http/client.ts'
import { compressible } from '../../http/compressible.ts'
import { OneAhead } from '../../one-ahead.ts'
import { readSecret } from '../../secret.ts'
import { retryFor, type Receipt, type Rejection, type Sink, type SinkContext } from '../../sink.ts'
import { reasonOf } from '../../tls/index.ts'
import { itemResults, WANTED } from './answer.ts'
import type { ElasticSinkConfig } from './config.ts'

const PATH = `/_bulk?filter_path=${WANTED}`

/** A document as the bulk API takes it: what is to be done with it, and itself. */
interface BulkDocument {
  readonly sequence: number
  readonly lines: string
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
  readonly #underWay = new OneAhead((documents: readonly BulkDocument[]) => this.#create(documents))
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
    const documents = events.map((event) => this.#document(event))
    const batch = last === undefined ? null : { sequence: last.sequence, content: documents }
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

  async #create(documents: readonly BulkDocument[]): Promise<readonly Rejection[]> {
    const answer = await this.#ask(documents.map(({ lines }) => lines).join(''))
    if (answer.status === 413) return await this.#createHalves(documents, answer)
    return itemResults(answer, documents.length).flatMap((reason, index) =>
      reason === null ? [] : [{ sequence: documents[index]!.sequence, reason }],
    )
  }

  /** A proxy or `http.max_content_length` takes less at once. */
  async #createHalves(
    documents: readonly BulkDocument[],
    answer: HttpAnswer,
  ): Promise<readonly Rejection[]> {
    if (documents.length === 1) {
      return [{ sequence: documents[0]!.sequence, reason: `HTTP ${answer.status}, too long` }]
    }
    const middle = documents.length >> 1
    const first = await this.#create(documents.slice(0, middle))
    return [...first, ...(await this.#create(documents.slice(middle)))]
  }

  #document(event: Outgoing): BulkDocument {
    const create = { _index: this.#config.dataStream, _id: `${event.id}-${event.revision}` }
    const lines = `${JSON.stringify({ create })}\n${formatEcs(event, this.#context)}\n`
    return { sequence: event.sequence, lines }
  }

  async #ask(text: string): Promise<HttpAnswer> {
    const { headers, body } = await compressible(text, this.#config.gzip)
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
