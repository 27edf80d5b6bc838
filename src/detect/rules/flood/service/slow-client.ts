/** A client that holds many connections to one port of one server, and lets none come to an end. */
import type { LiveFlow } from '../../../../flow/flow.ts'
import type { Detection } from '../../../detection.ts'
import { DistinctCount } from '../../state/distinct-count.ts'
import { mix } from '../../state/pair-key.ts'
import { Story } from '../../state/story.ts'
import { claimOf } from '../../state/watch/claim.ts'
import type { Watched } from '../../state/watch/watched-hosts.ts'
import { confidenceOf, counted, spanOf } from '../../state/wording.ts'
import type { SlowHttpConfig } from '../config.ts'

/** Totals begin anew after a minute in which it came to nothing. */
const SPAN_US = 60_000_000

export class SlowClient implements Watched {
  lastUs = 0
  story: Story | null = null
  readonly #ends: { readonly client: string; readonly server: string; readonly port: number }
  readonly #config: SlowHttpConfig
  #firstUs = Number.POSITIVE_INFINITY
  #unfinished = 0
  #stalled = new DistinctCount()

  constructor(
    ends: { readonly client: string; readonly server: string; readonly port: number },
    config: SlowHttpConfig,
  ) {
    this.#ends = ends
    this.#config = config
  }

  get count(): number {
    return Math.max(this.#unfinished, this.#stalled.value)
  }

  /** A connection ended of whose request the server never saw the end. */
  unfinished(flow: LiveFlow): void {
    this.#unfinished += 1
    this.#seen(flow.startUs, flow.lastUs)
    this.story?.addFlow(flow)
  }

  /** A connection of this port of the client takes nothing more. */
  stalled(port: number, nowUs: number): void {
    this.#stalled.add(mix(13, port))
    this.#seen(nowUs, nowUs)
  }

  isAttacked(): boolean {
    return this.count >= this.#config.minConnections
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
    this.#stalled = new DistinctCount()
  }

  tell(story: Story, isFinal: boolean): Detection {
    const { client, server, port } = this.#ends
    const isReading = this.#stalled.value > this.#unfinished
    const how = isReading ? 'takes no more of the answer' : 'never ends its request'
    return claimOf(
      story,
      {
        ...{ detector: 'slow-http', kind: 'flood.slow-http', family: 'flood', severity: 6 },
        confidence: confidenceOf(0.75, this.count, 100),
        attacker: client,
        count: this.count,
        summary: `${client} holds ${counted(this.count, 'connection')} to port ${port} of ${server} in which it ${how}, within ${spanOf(story.lastUs - story.firstUs)}`,
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
