/** A client that connects to one port of one server, or asks it, again and again. */
import type { HttpRequest, LiveFlow } from '../../../../flow/flow.ts'
import type { Detection } from '../../../detection.ts'
import { textHash } from '../../state/attack-ledger.ts'
import { DistinctCount } from '../../state/tables/distinct-count.ts'
import { mix } from '../../state/pair-key.ts'
import { Story } from '../../state/story.ts'
import { claimOf } from '../../state/watch/claim.ts'
import { Majority } from '../../state/watch/majority.ts'
import { SlidingCounts } from '../../state/watch/sliding-counts.ts'
import type { Watched } from '../../state/watch/watched-hosts.ts'
import { confidenceOf, counted, spanOf } from '../../state/wording.ts'
import type { ConnectionFloodConfig } from '../config.ts'
import { InventedParameters } from './invented-parameters.ts'

/** What a client does, of which too much is a flood. */
export const Does = { SAY_NOTHING: 0, ASK: 1, SHAKE_HANDS: 2 } as const

const KINDS = ['flood.connections', 'flood.http', 'flood.tls'] as const

const OCCASIONS = 0
const FIELDS = 1

/** A client that asks for one page so much more than for others is no crawler and no proxy. */
const SAME_PAGE = 0.8
/** Neither asks so much more for no more than a handful of pages, over ever new connections. */
const FEW_PAGES = 8
const FEW_PAGES_FACTOR = 5
/** Gateways and programs ask much over connections that they keep, and seldom the same by GET. */
const KEPT_FACTOR = 3
const KEPT_REQUESTS = 2
const MOST_POSTS = 0.2
/** Such a share of the requests is too many where each has a new parameter, or over ever new connections says nothing of its sender, or not the truth. */
const INVENTED_SHARE = 0.2
const FACELESS_SHARE = 0.3
/** So much of it within one second, over ever new connections and hardly ever to post, is too many as well. */
const BURST_SHARE = 0.3
const MOSTLY = 0.9
const BROWSER = /^Mozilla\//
/** One client that names so many programs as itself hides, as HULK and its kin do. */
const MANY_AGENTS = 20
/** Who is asked so large a share of what it asks is a proxy; floods are told of who asks the proxy. */
const PASSED_ON = 0.5
/** A server that answers fewer than half of the requests gives way. */
const MIN_ANSWERED = 0.5
/** Requests within TLS that are as long, give or take so much, are the same. */
const SIZE_STEP = 16
const sizeName = (step: number): string => `${step * SIZE_STEP} bytes and more`

export class ConnectionClient implements Watched {
  lastUs = 0
  story: Story | null = null
  count = 0
  readonly #does: number
  readonly #config: ConnectionFloodConfig
  readonly #client: string
  readonly #server: string
  readonly #port: number
  readonly #askedOf: (nowUs: number) => number
  readonly #window = new SlidingCounts(FIELDS)
  /** The page, or the length, that most occasions share. */
  readonly #page = new Majority()
  /** The same with what is asked of it: a proxy's requests differ there. */
  readonly #target = new Majority()
  #agents = new DistinctCount()
  #pages = new DistinctCount()
  /** The client's ports: connections. */
  #ports = new DistinctCount()
  readonly #invented = new InventedParameters()
  #faceless = 0
  #posts = 0
  #answered = 0

  /** `askedOf` tells how much the client itself was asked in the last ten seconds. */
  constructor(
    flow: LiveFlow,
    does: number,
    config: ConnectionFloodConfig,
    askedOf: (nowUs: number) => number,
  ) {
    this.#askedOf = askedOf
    this.#does = does
    this.#config = config
    this.#client = flow.originatorAddress()
    this.#server = flow.responderAddress()
    this.#port = flow.responderPort
  }

  /** A connection ended. */
  connection(flow: LiveFlow): void {
    // By when it began: ends come late, and in heaps.
    this.#occasion(flow, flow.startUs)
    if (flow.responderPayloadBytes > 0) this.#answered += 1
    const step = Math.floor(flow.originatorPayloadBytes / SIZE_STEP)
    this.#page.add(mix(11, step), step, sizeName)
  }

  request(flow: LiveFlow, request: HttpRequest): void {
    const { method, uri, userAgent, hasAccept, isWhole } = request
    this.#occasion(flow, flow.lastUs)
    this.#ports.add(mix(13, flow.originatorPort))
    if (method === 'POST') this.#posts += 1
    // A browser says what it takes: one that does not is none, whatever it calls itself.
    const isNobody = userAgent === null || BROWSER.test(userAgent)
    if (isNobody && isWhole && !hasAccept) this.#faceless += 1
    this.#invented.note(uri)
    const page = uri.split('?', 1)[0]!
    this.#page.addNamed(textHash(page), page)
    this.#pages.add(textHash(page))
    this.#target.addNamed(textHash(uri), page)
    if (userAgent !== null) this.#agents.add(textHash(userAgent))
  }

  answers(status: number): void {
    if (status >= 200) this.#answered += 1
  }

  isAttacked(): boolean {
    const { minSilent, minRequests, minHandshakes } = this.#config
    const recent = this.#window.sum(OCCASIONS, this.lastUs)
    if (this.#does === Does.SAY_NOTHING) return recent >= minSilent
    if (!this.#isAlike(recent)) return false
    if (this.#does === Does.SHAKE_HANDS) return recent >= minHandshakes
    if (recent < minRequests * this.#share && !this.#isBurst(minRequests)) return false
    if (this.#askedOf(this.lastUs) >= recent * PASSED_ON) return false
    if (this.#isOverNewConnections || this.#invented.areMostOf(this.count)) return true
    if (this.#target.holder(this.count, SAME_PAGE) === null) return false
    return recent >= minRequests * KEPT_FACTOR && this.#posts <= this.count * MOST_POSTS
  }

  begin(): Story {
    const story = new Story(this.#window.startUs(this.lastUs), this.lastUs)
    story.addVictim(this.#server)
    return story
  }

  restart(nowUs: number): void {
    if (this.#window.sum(OCCASIONS, nowUs) > 0) return
    this.count = 0
    this.#answered = 0
    this.#posts = 0
    this.#faceless = 0
    this.#invented.restart()
    this.#agents = new DistinctCount()
    this.#pages = new DistinctCount()
    this.#ports = new DistinctCount()
    this.#page.restart()
    this.#target.restart()
  }

  tell(story: Story, isFinal: boolean): Detection {
    const rate = this.#window.peak(OCCASIONS, this.lastUs)
    const answered = Math.min(1, Math.round((this.#answered / Math.max(1, this.count)) * 100) / 100)
    return claimOf(
      story,
      {
        ...{ detector: 'connection-flood', kind: KINDS[this.#does]!, family: 'flood' },
        severity: this.#severity(),
        confidence: confidenceOf(0.6, this.count, 2000),
        attacker: this.#client,
        count: this.count,
        summary: `${this.#client} ${this.#deeds()}, in ${spanOf(story.lastUs - story.firstUs)}`,
        reasons: [
          { feature: this.#does === Does.ASK ? 'requestsPerSecond' : 'connectionsPerSecond', value: rate, baseline: null, weight: 0.6 },
          { feature: 'answeredShare', value: answered, baseline: 1, weight: 0.2 },
          { feature: 'userAgents', value: this.#agents.value, baseline: 1, weight: 0.2 },
        ],
        mitre: [this.#does === Does.ASK ? 'T1499.002' : 'T1499.001'],
      },
      isFinal,
    ) // prettier-ignore
  }

  /** Nearly all for one page, or very many for few. */
  #isAlike(recent: number): boolean {
    if (this.#page.holder(this.count, SAME_PAGE) !== null) return true
    const isMuch = recent >= this.#config.minRequests * FEW_PAGES_FACTOR
    return this.#does === Does.ASK && isMuch && this.#pages.value <= FEW_PAGES
  }

  #isBurst(minRequests: number): boolean {
    if (!this.#isOverNewConnections || this.#posts > this.count * MOST_POSTS) return false
    return this.#window.peak(OCCASIONS, this.lastUs) >= minRequests * BURST_SHARE
  }

  get #isOverNewConnections(): boolean {
    return this.count < this.#ports.value * KEPT_REQUESTS
  }

  /** How much of the usual number is too many. */
  get #share(): number {
    if (this.#invented.areMostOf(this.count)) return INVENTED_SHARE
    const isFaceless = this.#faceless >= this.count * MOSTLY
    return isFaceless && this.#isOverNewConnections ? FACELESS_SHARE : 1
  }

  #occasion(flow: LiveFlow, nowUs: number): void {
    this.count += 1
    this.lastUs = Math.max(this.lastUs, nowUs)
    this.#window.add(OCCASIONS, 1, nowUs)
    this.story?.addFlow(flow)
  }

  #deeds(): string {
    const where = `port ${this.#port} of ${this.#server}`
    if (this.#does === Does.ASK) {
      return `sent ${counted(this.count, 'request')} to ${where} over ${counted(Math.min(this.#ports.value, this.count), 'connection')}, ${this.#wanted()}`
    }
    const connections = `opened ${counted(this.count, 'connection')} to ${where}`
    return this.#does === Does.SAY_NOTHING
      ? `${connections} in which it says nothing`
      : `${connections}, each for one TLS handshake and nearly all alike (${this.#page.name})`
  }

  #wanted(): string {
    if (this.#page.holder(this.count, SAME_PAGE) !== null)
      return `nearly all for ${this.#page.name}`
    return `for ${counted(this.#pages.value, 'page')}`
  }

  /** Whoever measures a server's load does the same on purpose, but under one name, and is answered. */
  #severity(): number {
    if (this.#does === Does.SAY_NOTHING) return 5
    const isHiding = this.#agents.value >= MANY_AGENTS
    const isDrowning = this.#answered < this.count * MIN_ANSWERED
    return isHiding || isDrowning ? 6 : 4
  }
}
