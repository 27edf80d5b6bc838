/** A server that many clients ask, each little, and whether they ask as people do. */
import type { HttpRequest, LiveFlow } from '../../../../flow/flow.ts'
import type { Detection } from '../../../detection.ts'
import { textHash } from '../../state/attack-ledger.ts'
import { DistinctCount } from '../../state/tables/distinct-count.ts'
import { MAX_FLOWS, Story } from '../../state/story.ts'
import { claimOf } from '../../state/watch/claim.ts'
import { Majority } from '../../state/watch/majority.ts'
import { SlidingCounts } from '../../state/watch/sliding-counts.ts'
import type { Watched } from '../../state/watch/watched-hosts.ts'
import { confidenceOf, counted, spanOf } from '../../state/wording.ts'
import type { ConnectionFloodConfig } from '../config.ts'
import { InventedParameters } from './invented-parameters.ts'

const REQUESTS = 0
/** Requests of what calls itself a browser and is none, and comes from no other page and without a cookie. */
const UNPROMPTED = 1
const FIELDS = 2
/** Browsers fetch pictures and styles with a page. */
const ONE_PAGE = 0.9
const MOSTLY_UNPROMPTED = 0.9
const MIN_CLIENTS = 30
const BROWSER = /^Mozilla\//

export class CrowdServer implements Watched {
  lastUs = 0
  story: Story | null = null
  count = 0
  readonly #config: ConnectionFloodConfig
  readonly #server: string
  readonly #window = new SlidingCounts(FIELDS)
  readonly #page = new Majority()
  readonly #invented = new InventedParameters()
  #clients = new DistinctCount()

  constructor(server: string, config: ConnectionFloodConfig) {
    this.#server = server
    this.#config = config
  }

  request(flow: LiveFlow, request: HttpRequest): void {
    const path = request.uri.split('?', 1)[0]!
    this.count += 1
    this.lastUs = Math.max(this.lastUs, flow.lastUs)
    this.#window.add(REQUESTS, 1, flow.lastUs)
    if (isFalseBrowser(request)) this.#window.add(UNPROMPTED, 1, flow.lastUs)
    this.#page.addNamed(textHash(path), path)
    this.#invented.note(request.uri)
    this.#clients.add(flow.originatorKey)
    if (this.story !== null && this.story.flows.size < MAX_FLOWS) this.story.addFlow(flow)
  }

  isAttacked(nowUs: number): boolean {
    const requests = this.#window.sum(REQUESTS, nowUs)
    if (requests < this.#config.minCrowdRequests || this.#clients.value < MIN_CLIENTS) return false
    const isUnprompted = this.#window.sum(UNPROMPTED, nowUs) >= requests * MOSTLY_UNPROMPTED
    if (!isUnprompted && !this.#invented.areMostOf(this.count)) return false
    return this.#page.holder(this.count, ONE_PAGE) !== null
  }

  begin(nowUs: number): Story {
    const story = new Story(this.#window.startUs(nowUs), this.lastUs)
    story.addVictim(this.#server)
    return story
  }

  /** What came before the last ten seconds says nothing of a flood that begins now. */
  restart(nowUs: number): void {
    if (this.count < 2 * this.#window.sum(REQUESTS, nowUs)) return
    this.count = 0
    this.#page.restart()
    this.#invented.restart()
    this.#clients = new DistinctCount()
  }

  tell(story: Story, isFinal: boolean): Detection {
    const clients = this.#clients.value
    const page = this.#page.name
    const how = this.#invented.areMostOf(this.count)
      ? 'with a new parameter each time'
      : 'that pose as browsers and ask for nothing else'
    const rate = this.#window.peak(REQUESTS, this.lastUs)
    return claimOf(
      story,
      {
        ...{ detector: 'request-crowd', kind: 'flood.http', family: 'flood', severity: 5 },
        confidence: confidenceOf(0.65, this.count, 10_000),
        attacker: null,
        count: this.count,
        summary: `${counted(this.count, 'request')} for ${page.slice(0, 64)} at ${this.#server} by about ${counted(clients, 'client')} ${how}, in ${spanOf(story.lastUs - story.firstUs)}`,
        reasons: [
          { feature: 'requestsPerSecond', value: rate, baseline: this.#config.minCrowdRequests / 10, weight: 0.5 },
          { feature: 'distinctClients', value: clients, baseline: MIN_CLIENTS, weight: 0.5 },
        ],
        mitre: ['T1499.002'],
      }, // prettier-ignore
      isFinal,
    )
  }
}

/** Browsers say which language they read, also those within apps that fetch one page of advertisements all day. */
function isFalseBrowser(request: HttpRequest): boolean {
  const { userAgent, hasAcceptLanguage, hasReferer, hasCookie } = request
  if (userAgent === null || !BROWSER.test(userAgent)) return false
  return !hasAcceptLanguage && !hasReferer && !hasCookie
}
