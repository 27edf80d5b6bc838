/** A client, or many, that hold connections to one port of one server, and let none come to an end. */
import type { LiveFlow } from '../../../../../flow/flow.ts'
import type { Detection } from '../../../../detection.ts'
import { DistinctCount } from '../../../state/tables/distinct-count.ts'
import { Majority } from '../../../state/watch/majority.ts'
import { mix } from '../../../state/pair-key.ts'
import { Story } from '../../../state/story.ts'
import { claimOf } from '../../../state/watch/claim.ts'
import type { Watched } from '../../../state/watch/watched-hosts.ts'
import { confidenceOf, counted, spanOf } from '../../../state/wording.ts'
import type { SlowHttpConfig } from '../../config.ts'

/** Totals begin anew after a minute in which it came to nothing. */
const SPAN_US = 60_000_000

/** Many clients of a few such connections each: twice as many in all, of ten and of none the half. */
const MANY_FACTOR = 2
const MIN_CLIENTS = 10
const HALF = 0.5
/** A server that does not answer says the same on every connection. */
const ALIKE = 0.8

/** How a connection is held: by a request in the clear, within TLS, or without a word. */
export const Held = { CLEAR: 0, SEALED: 1, SILENT: 2 } as const

export class SlowClient implements Watched {
  lastUs = 0
  story: Story | null = null
  readonly #ends: { readonly client: string | null; readonly server: string; readonly port: number }
  readonly #config: SlowHttpConfig
  #firstUs = Number.POSITIVE_INFINITY
  #unfinished = 0
  /** Of those, the ones within TLS. */
  #sealed = 0
  /** And those without a word. */
  #silent = 0
  #stalled = new DistinctCount()
  #clients = new DistinctCount()
  readonly #leader = new Majority()
  /** How much the server said, where most connections agree. */
  readonly #answers = new Majority()

  constructor(
    ends: { readonly client: string | null; readonly server: string; readonly port: number },
    config: SlowHttpConfig,
  ) {
    this.#ends = ends
    this.#config = config
  }

  get count(): number {
    return Math.max(this.#unfinished, this.#stalled.value)
  }

  /** A connection ended of whose request the server never saw the end. */
  unfinished(flow: LiveFlow, client: number, how: number): void {
    this.#unfinished += 1
    const isSealed = how === Held.SEALED
    if (isSealed) this.#sealed += 1
    if (how === Held.SILENT) this.#silent += 1
    this.#clients.add(client)
    this.#leader.addNamed(client, 'client')
    if (isSealed) this.#answers.addNamed(mix(17, flow.responderPayloadBytes), 'bytes')
    this.#seen(flow.startUs, flow.lastUs)
    this.story?.addFlow(flow)
  }

  /** A connection of this port of the client takes nothing more. */
  stalled(port: number, nowUs: number): void {
    this.#stalled.add(mix(13, port))
    this.#seen(nowUs, nowUs)
  }

  isAttacked(): boolean {
    const { minConnections } = this.#config
    if (this.#stalled.value >= minConnections) return true
    const isSealed = this.#sealed > this.#unfinished * HALF
    if (isSealed && this.#answers.holder(this.#sealed, ALIKE) === null) return false
    const held = this.#unfinished - this.#silent * HALF
    if (this.#ends.client !== null) return held >= minConnections
    if (this.#clients.value < MIN_CLIENTS) return false
    if (this.#leader.holder(this.#unfinished, HALF) !== null) return false
    return held >= minConnections * MANY_FACTOR
  }

  begin(): Story {
    const story = new Story(this.#firstUs, this.lastUs)
    story.addVictim(this.#ends.server)
    return story
  }

  restart(nowUs: number): void {
    if (nowUs - this.lastUs < SPAN_US) return
    this.#firstUs = Number.POSITIVE_INFINITY
    this.#unfinished = 0
    this.#sealed = 0
    this.#silent = 0
    this.#stalled = new DistinctCount()
    this.#clients = new DistinctCount()
    this.#leader.restart()
    this.#answers.restart()
  }

  tell(story: Story, isFinal: boolean): Detection {
    const { client, server, port } = this.#ends
    const isReading = this.#stalled.value > this.#unfinished
    const isSilent = this.#silent > this.#unfinished * HALF
    const said = isSilent ? 'nothing is ever said' : 'no request ever ends'
    const how = isReading ? 'no more is taken of the answer' : said
    const who =
      client === null ? `${counted(this.#clients.value, 'client')} hold` : `${client} holds`
    return claimOf(
      story,
      {
        ...{ detector: 'slow-http', kind: 'flood.slow-http', family: 'flood', severity: 6 },
        confidence: confidenceOf(0.75, this.count, 100),
        attacker: client,
        count: this.count,
        summary: `${who} ${counted(this.count, 'connection')} to port ${port} of ${server} in which ${how}, within ${spanOf(story.lastUs - story.firstUs)}`,
        reasons: [
          { feature: 'unfinishedRequests', value: this.#unfinished, baseline: 0, weight: 0.5 },
          { feature: 'stalledReaders', value: this.#stalled.value, baseline: 1, weight: 0.5 },
        ],
        mitre: ['T1499.002'],
      },
      isFinal,
    )
  }

  #seen(fromUs: number, untilUs: number): void {
    this.#firstUs = Math.min(this.#firstUs, fromUs)
    this.lastUs = Math.max(this.lastUs, untilUs)
  }
}
