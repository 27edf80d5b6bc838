/** A client that opens connection after connection to one port of one server. */
import type { LiveFlow } from '../../../../flow/flow.ts'
import type { Detection } from '../../../detection.ts'
import { DistinctCount } from '../../state/distinct-count.ts'
import { mix } from '../../state/pair-key.ts'
import { Story } from '../../state/story.ts'
import { claimOf } from '../../state/watch/claim.ts'
import { Majority } from '../../state/watch/majority.ts'
import { SlidingCounts } from '../../state/watch/sliding-counts.ts'
import type { Watched } from '../../state/watch/watched-hosts.ts'
import { confidenceOf, counted, spanOf } from '../../state/wording.ts'
import type { ConnectionFloodConfig } from '../config.ts'

const CONNECTIONS = 0
const FIELDS = 1

/** A client that asks for one page so much more than for others is no crawler and no proxy. */
const SAME_PAGE = 0.8
/** One client that names so many programs as itself hides, as HULK and its kin do. */
const MANY_AGENTS = 20
/** A server that answers fewer than half of the requests gives way. */
const MIN_ANSWERED = 0.5

export class ConnectionClient implements Watched {
  lastUs = 0
  story: Story | null = null
  count = 0
  readonly #isSilent: boolean
  readonly #config: ConnectionFloodConfig
  readonly #client: string
  readonly #server: string
  readonly #port: number
  readonly #window = new SlidingCounts(FIELDS)
  readonly #page = new Majority()
  #agents = new DistinctCount()
  #answered = 0

  constructor(flow: LiveFlow, isSilent: boolean, config: ConnectionFloodConfig) {
    this.#isSilent = isSilent
    this.#config = config
    this.#client = flow.originatorAddress()
    this.#server = flow.responderAddress()
    this.#port = flow.responderPort
  }

  connection(flow: LiveFlow): void {
    this.count += 1
    // By when it began: ends come late, and in heaps.
    this.lastUs = Math.max(this.lastUs, flow.startUs)
    this.#window.add(CONNECTIONS, 1, flow.startUs)
    if (flow.responderPayloadBytes > 0) this.#answered += 1
    if (!this.#isSilent) this.#request(flow)
    this.story?.addFlow(flow)
  }

  isAttacked(): boolean {
    const { minSilent, minRequests } = this.#config
    const recent = this.#window.sum(CONNECTIONS, this.lastUs)
    if (this.#isSilent) return recent >= minSilent
    return recent >= minRequests && this.#page.holder(this.count, SAME_PAGE) !== null
  }

  begin(): Story {
    const story = new Story(this.#window.startUs(this.lastUs), this.lastUs)
    story.addVictim(this.#server)
    return story
  }

  restart(nowUs: number): void {
    if (this.#window.sum(CONNECTIONS, nowUs) > 0) return
    this.count = 0
    this.#answered = 0
    this.#agents = new DistinctCount()
    this.#page.restart()
  }

  tell(story: Story, isFinal: boolean): Detection {
    const span = spanOf(story.lastUs - story.firstUs)
    const rate = this.#window.peak(CONNECTIONS, this.lastUs)
    const answered = Math.round((this.#answered / Math.max(1, this.count)) * 100) / 100
    const what = this.#isSilent
      ? `${counted(this.count, 'connection')} to port ${this.#port} of ${this.#server} in which it says nothing`
      : `${counted(this.count, 'connection')} to port ${this.#port} of ${this.#server}, nearly all for ${this.#page.name}`
    return claimOf(
      story,
      {
        detector: 'connection-flood',
        kind: this.#isSilent ? 'flood.connections' : 'flood.http',
        family: 'flood',
        severity: this.#severity(),
        confidence: confidenceOf(0.6, this.count, 2000),
        attacker: this.#client,
        count: this.count,
        summary: `${this.#client} opened ${what}, in ${span}`,
        reasons: [
          { feature: 'connectionsPerSecond', value: rate, baseline: null, weight: 0.6 },
          { feature: 'answeredShare', value: answered, baseline: 1, weight: 0.2 },
          { feature: 'userAgents', value: this.#agents.value, baseline: 1, weight: 0.2 },
        ],
        mitre: [this.#isSilent ? 'T1499.001' : 'T1499.002'],
      },
      isFinal,
    )
  }

  #request(flow: LiveFlow): void {
    const facts = flow.facts()
    if (facts?.kind !== 'http') return
    const page = (facts.uri ?? '').split('?', 1)[0]!
    this.#page.add(textHash(page), () => page)
    if (facts.userAgent !== null) this.#agents.add(textHash(facts.userAgent))
  }

  /** Whoever measures a server's load does the same on purpose, but under one name, and is answered. */
  #severity(): number {
    if (this.#isSilent) return 5
    const isHiding = this.#agents.value >= MANY_AGENTS
    const isDrowning = this.#answered < this.count * MIN_ANSWERED
    return isHiding || isDrowning ? 6 : 4
  }
}

function textHash(text: string): number {
  let hash = text.length
  for (let at = 0; at < text.length; at += 1) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0
  return mix(11, hash)
}
