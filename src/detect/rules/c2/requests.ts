/**
 * Watches the requests over HTTP that no browser made: to whom, how regularly, and whether the same strange
 * request goes to one name after another.
 */
import type { HttpBody, HttpRequest, LiveFlow } from '../../../flow/flow.ts'
import type { Detector, Heard } from '../../detector.ts'
import { Cadence } from './cadence.ts'
import type { C2Config } from './config.ts'
import { Reach, reachOf } from './direction.ts'
import type { FarNames } from './names/far-names.ts'
import type { Sign } from './suspicion/sign.ts'
import { scannerOf } from '../web/scanner-names.ts'
import {
  hostOf,
  httpSigns,
  isForBareAddress,
  isInnocent,
  isLikeABrowser,
} from './signs/http-signs.ts'
import { bodyMark } from './signs/body-marks.ts'
import { certainTarget } from './signs/http-marks.ts'
import { rhythmSign } from './signs/rhythm.ts'
import type { C2Suspects } from './suspicion/suspects.ts'
import type { Row } from '../state/tables/capped-table.ts'
import { FadingTable } from '../state/tables/fading-table.ts'
import { mix, pairKey } from '../state/pair-key.ts'
import { listed } from '../state/wording.ts'
import { addressesSign, UnreadPages } from './unread-pages.ts'

const MAX_PEERS = 4096
const MAX_CAMPAIGNS = 1024
const FORGET_AFTER_US = 3 * 3_600_000_000
/** The same strange request to so many names is no accident. */
const MIN_NAMES = 3
const MOST_NAMES = 64
/** Some panels answer their bots with 404, so that nobody else finds them. */
const MIN_REFUSED = 4
/** A program whose panel is gone gives up, or asks in a rhythm. */
const MANY_REFUSED = 6

/** Bots know what they ask for; so many pages that are not there are a search. */
const MIN_MISSING = 12
/** So often the same page, and hardly another, is no reading. */
const MIN_SAME_PAGE = 20
const SAME_PAGE_SHARE = 0.9
/** Faster than this a program is at work on something, and not waiting for orders. */
const SHORTEST_GAP_US = 900_000

/** Posts to bare addresses that come faster are somebody's transfers. */
const BUSY_GAP_US = 10_000_000

const FORM = 'application/x-www-form-urlencoded'
const BINARY_FORM: Sign = {
  ...{ feature: 'binaryForm', kind: 'http', aspect: 'shape', weight: 0.4, value: 1, baseline: 0 },
  text: 'bytes posted that are no form, though called one',
}

/** Requests of one host to one far end. */
interface Peer extends Row {
  readonly cadence: Cadence
  lastWasPost: boolean
  /** What was posted last was called a form. */
  lastWasForm: boolean
  /** Hash of the page that was asked for last. */
  lastPage: number
  /** Requests in all, and those for the page that was asked for just before. */
  asked: number
  askedAgain: number
  /** Posts that were answered with an error, and with success. */
  refused: number
  accepted: number
  /** Pages asked for that were not there: a host that searches a server does not obey it. */
  readonly missing: Set<number>
}

/** The same path and names of parameters, asked of several hosts. */
interface Campaign extends Row {
  readonly firstUs: number
  requests: number
  readonly farEnd: string
  readonly names: Set<string>
}

const HEARS = ['http-request', 'http-response', 'http-body'] as const

export class Requests implements Detector {
  readonly name = 'c2-requests'
  readonly hears = HEARS
  readonly #config: C2Config
  readonly #suspects: C2Suspects
  readonly #names: FarNames
  readonly #peers = new FadingTable<Peer>(MAX_PEERS, FORGET_AFTER_US)
  readonly #campaigns = new FadingTable<Campaign>(MAX_CAMPAIGNS, FORGET_AFTER_US)
  readonly #unread = new UnreadPages()
  readonly memories = [this.#peers, this.#campaigns, ...this.#unread.memories]

  constructor(config: C2Config, suspects: C2Suspects, names: FarNames) {
    this.#config = config
    this.#suspects = suspects
    this.#names = names
  }

  flowSpoke(flow: LiveFlow, fact: Heard<typeof HEARS>): void {
    if (fact.kind === 'http-response') this.#noteAnswer(flow, fact.status)
    else if (fact.kind === 'http-request') this.#asks(flow, fact)
    else if (!fact.isFromResponder) this.#posts(flow, fact)
  }

  /** However like a browser who posts it may look. */
  #posts(flow: LiveFlow, { text, format }: HttpBody): void {
    if (reachOf(flow) === Reach.NONE) return
    const mark = format === 'binary' ? this.#formSign(flow) : text === '' ? null : bodyMark(text)
    if (mark !== null) this.#suspects.accuse(flow, [mark], this.#names.nameOf(flow.responderKey))
  }

  /** Programs that encipher what they post call it a form, as their library does by itself. */
  #formSign({ originatorKey, responderKey }: LiveFlow): Sign | null {
    const peer = this.#peers.get(pairKey(originatorKey, responderKey, 0))
    return peer?.lastWasForm === true ? BINARY_FORM : null
  }

  #asks(flow: LiveFlow, fact: HttpRequest): void {
    const reach = reachOf(flow)
    if (isInnocent(fact) || reach === Reach.NONE) return
    const isBare = isForBareAddress(fact)
    const unread = isBare && reach === Reach.OUTSIDE ? this.#unread.note(flow, fact) : []
    if (isLikeABrowser(fact)) return this.#asksAsBrowser(flow, fact, unread)
    if (fact.userAgent !== null && scannerOf(fact.userAgent) !== null) return
    const peer = this.#peerOf(flow)
    peer.lastWasPost = fact.method === 'POST'
    peer.lastWasForm = peer.lastWasPost && fact.contentType?.startsWith(FORM) === true
    notePage(peer, hashOf(fact.uri.split('?', 1)[0]!))
    if (peer.missing.size >= MIN_MISSING) return
    const host = hostOf(fact)
    const domain = host !== null && !isBare ? host : this.#names.nameOf(flow.responderKey)
    const signs = [...httpSigns(fact, flow.responderPort), ...unread]
    if (peer.refused >= MIN_REFUSED && peer.accepted === 0) {
      signs.push({ feature: 'refusedPosts', kind: 'http', aspect: 'outcome', weight: peer.refused >= MANY_REFUSED ? 0.5 : 0.4, value: peer.refused, baseline: MIN_REFUSED, text: `${peer.refused} posts, each answered with an error` }) // prettier-ignore
    }
    const rhythm = this.#rhythm(peer, flow)
    if (rhythm !== null) signs.push(rhythm)
    if (isAsPosed(signs) && isSamePage(peer)) {
      signs.push({ feature: 'samePage', kind: 'http', aspect: 'content', weight: 0.1, value: peer.askedAgain, baseline: MIN_SAME_PAGE, text: `the same page ${peer.askedAgain} times, each time as if for the first` }) // prettier-ignore
    }
    signs.push(...this.#names.placeSigns(domain, 'http'))
    this.#suspects.accuse(flow, signs, domain)
    if (fact.isWhole && fact.userAgent === null && host !== null && !isBare) {
      this.#noteCampaign(flow, fact, host, shapeOf(fact))
    }
    if (isBare && fact.method === 'POST')
      this.#noteCampaign(flow, fact, flow.responderAddress(), 'POST')
  }

  /** Some bots have the system's browser ask for them. */
  #asksAsBrowser(flow: LiveFlow, fact: HttpRequest, unread: readonly Sign[]): void {
    const mark = certainTarget(fact)
    if (mark !== null) this.#suspects.accuse(flow, [mark], hostOf(fact))
    // At one address the capture may have begun behind the form.
    if (unread.length > 1) {
      const signs = [...httpSigns(fact, flow.responderPort), ...unread]
      this.#suspects.accuse(flow, signs, this.#names.nameOf(flow.responderKey))
    }
  }

  #peerOf(flow: LiveFlow): Peer {
    const key = pairKey(flow.originatorKey, flow.responderKey, 0)
    let peer = this.#peers.get(key)
    if (peer === undefined) {
      peer = newPeer(flow.lastUs)
      this.#peers.set(key, peer)
    }
    peer.lastUs = Math.max(peer.lastUs, flow.lastUs)
    return peer
  }

  #noteAnswer(flow: LiveFlow, status: number): void {
    const peer = this.#peers.get(pairKey(flow.originatorKey, flow.responderKey, 0))
    if (peer === undefined || status < 200) return
    if (!peer.lastWasPost && status >= 400 && peer.missing.size < MIN_MISSING) {
      peer.missing.add(peer.lastPage)
    }
    if (!peer.lastWasPost) return
    peer.lastWasPost = false
    if (status >= 400) peer.refused += 1
    else peer.accepted += 1
  }

  #rhythm(peer: Peer, flow: LiveFlow): Sign | null {
    const { cadence } = peer
    if (!cadence.note(flow.lastUs) || cadence.count < this.#config.minRepeats) return null
    if (cadence.count > 16 && cadence.count % 8 !== 0) return null
    const rhythm = cadence.rhythm()
    if (rhythm === null || rhythm.medianGapUs < SHORTEST_GAP_US) return null
    return rhythmSign(rhythm, cadence.count, 'http', 'request')
  }

  #noteCampaign(flow: LiveFlow, request: HttpRequest, host: string, shape: string | null): void {
    if (shape === null) return
    const key = pairKey(flow.originatorKey, hashOf(shape), 2)
    let campaign = this.#campaigns.get(key)
    if (campaign === undefined) {
      const farEnd = flow.responderAddress()
      campaign = {
        firstUs: flow.lastUs,
        lastUs: flow.lastUs,
        farEnd,
        names: new Set(),
        requests: 0,
      }
      this.#campaigns.set(key, campaign)
    }
    campaign.lastUs = Math.max(campaign.lastUs, flow.lastUs)
    if (campaign.names.size < MOST_NAMES) campaign.names.add(shape === 'POST' ? host : siteOf(host))
    campaign.requests += 1
    if (campaign.names.size < MIN_NAMES || (shape === 'POST' && isBusy(campaign))) return
    const sign = shape === 'POST' ? addressesSign(campaign.names) : campaignSign(campaign, request)
    const signs = [sign, ...httpSigns(request, flow.responderPort)]
    const domain = shape === 'POST' ? null : [...campaign.names][0]!
    const { farEnd } = campaign
    const isInside = shape === 'POST' && reachOf(flow) === Reach.INSIDE
    const parties = { host: flow.originatorAddress(), farEnd, domain, isInside }
    this.#suspects.accuseOf(key, parties, signs, flow)
  }
}

/** A device that tells its state poses as nobody; what poses as a browser would read other pages too. */
const isAsPosed = (signs: readonly Sign[]): boolean =>
  signs.some(({ feature }) => feature === 'falseBrowser')

/** Programs that share files post to one peer or tracker after the other; a bot waits for its orders. */
const isBusy = ({ firstUs, lastUs, requests }: Campaign): boolean =>
  lastUs - firstUs < (requests - 1) * BUSY_GAP_US

const isSamePage = ({ asked, askedAgain }: Peer): boolean =>
  askedAgain >= MIN_SAME_PAGE && askedAgain >= asked * SAME_PAGE_SHARE

function notePage(peer: Peer, page: number): void {
  peer.asked += 1
  if (peer.lastPage === page) peer.askedAgain += 1
  peer.lastPage = page
}

function newPeer(nowUs: number): Peer {
  return {
    ...{
      lastUs: nowUs,
      cadence: new Cadence(),
      lastWasPost: false,
      lastWasForm: false,
      lastPage: 0,
    },
    ...{ asked: 0, askedAgain: 0 },
    ...{ refused: 0, accepted: 0, missing: new Set() },
  }
}

function campaignSign({ names }: Campaign, { uri }: HttpRequest): Sign {
  const path = uri.split('?')[0]!.slice(0, 40)
  const text = `the same request for ${path} without an agent to ${names.size} names (${listed([...names], names.size)})`
  return { feature: 'namesAskedAlike', kind: 'http', aspect: 'outcome', weight: 0.55, value: names.size, baseline: MIN_NAMES, text } // prettier-ignore
}

/** The path and the names of the parameters; null for a path that everybody asks for. */
function shapeOf({ method, uri }: HttpRequest): string | null {
  const [path, query = ''] = uri.split('?', 2) as [string, string?]
  if (method !== 'GET' || query === '' || path.length > 64) return null
  const names = query.split('&').map((pair) => pair.split('=', 1)[0])
  return `${path}?${names.join('&')}`
}

/** The last two labels: many hosts of one site are one. */
function siteOf(host: string): string {
  return host.split('.').slice(-2).join('.')
}

function hashOf(text: string): number {
  let hash = 11
  for (let at = 0; at < text.length; at += 1) hash = mix(hash, text.charCodeAt(at))
  return hash
}
