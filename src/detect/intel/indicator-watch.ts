/**
 * Detects what speaks to, or of, an indicator: addresses when a flow opens, names and TLS fingerprints when its
 * application says them.
 *
 * Whom a host goes to matters; who merely knocks at it hardly does: a listed address that comes from outside is
 * notable, and more only once it was answered.
 */
import type { ApplicationFact, LiveFlow } from '../../flow/flow.ts'
import type { Detection } from '../detection.ts'
import type { Detector, Emit } from '../detector.ts'
import { FadingTable } from '../rules/state/tables/fading-table.ts'
import { mix, pairKey } from '../rules/state/pair-key.ts'
import { Story } from '../rules/state/story.ts'
import { counted, spanOf } from '../rules/state/wording.ts'
import type { FeedConfig, IntelConfig } from './config.ts'
import { urlKey } from './indicator.ts'
import { IndicatorTable, type IndicatorMatch, type IndicatorTables } from './indicator-table.ts'

const MAX_SIGHTINGS = 4096
const QUIET_US = 3_600_000_000
/** Of what says little by itself: a knock from outside, the host of a listed URL. */
const NOTABLE = 3

type Kind = 'address' | 'domain' | 'url' | 'ja3' | 'ja4'

/** Whom a match is about. */
interface Parties {
  readonly attacker: string | null
  readonly host: string | null
  readonly victim: string | null
  readonly domain: string | null
}

interface Sighting {
  readonly key: number
  readonly kind: Kind
  readonly match: IndicatorMatch
  readonly feed: FeedConfig
  readonly parties: Parties
  readonly story: Story
  severity: number
  lastUs: number
  count: number
}

const MITRE: Readonly<Record<Kind, readonly string[]>> = {
  address: ['T1071'],
  domain: ['T1071', 'T1583.001'],
  url: ['T1071.001'],
  ja3: ['T1573'],
  ja4: ['T1573'],
}

export class IndicatorWatch implements Detector {
  readonly name = 'indicators'
  readonly seesAbsorbed = true
  readonly #feeds: ReadonlyMap<string, FeedConfig>
  readonly #emit: Emit
  readonly #sightings = new FadingTable<Sighting>(MAX_SIGHTINGS, QUIET_US, (sighting) =>
    this.#finish(sighting),
  )
  readonly memories = [this.#sightings]
  readonly #words = new Int32Array(8)
  #table: IndicatorTable

  constructor(config: IntelConfig, tables: IndicatorTables, emit: Emit) {
    this.#feeds = new Map(config.feeds.map((feed) => [feed.name, feed]))
    this.#table = new IndicatorTable(tables)
    this.#emit = emit
  }

  /** Puts other indicators in force; stories under way go on. */
  use(tables: IndicatorTables): void {
    this.#table = new IndicatorTable(tables)
  }

  flowOpened(flow: LiveFlow): void {
    if (!this.#table.hasAddresses) return
    flow.copyAddresses(this.#words, 0, 4)
    const seconds = Math.floor(flow.startUs / 1e6)
    const family = flow.ipVersion
    if (this.#addressAt(4, family, seconds)) this.#outbound(flow)
    else if (this.#addressAt(0, family, seconds)) this.#inbound(flow)
  }

  flowAnswered(flow: LiveFlow): void {
    if (this.#sightings.size === 0) return
    // What is answered by a RST, or by an ICMP error, was turned away.
    if (flow.responderPayloadBytes === 0 && (flow.responderTcpFlags & 0x12) !== 0x12) return
    const sighting = this.#sightings.get(inboundKey(flow))
    if (sighting === undefined || sighting.severity === sighting.feed.severity) return
    sighting.severity = sighting.feed.severity
    this.#tell(sighting, flow.lastUs)
  }

  flowSpoke(flow: LiveFlow, fact: ApplicationFact): void {
    if (!this.#table.hasNames) return
    const seconds = Math.floor(flow.lastUs / 1e6)
    switch (fact.kind) {
      case 'dns':
        if (!fact.isResponse && fact.query !== null) this.#name(flow, fact.query, true, seconds)
        return
      case 'http-request':
        return this.#request(flow, fact, seconds)
      case 'tls-client-hello':
      case 'quic':
        if (fact.sni !== null) this.#name(flow, fact.sni.toLowerCase(), false, seconds)
        if (fact.ja4 !== null) this.#said(flow, 'ja4', this.#table.ja4(fact.ja4, seconds))
        if (fact.kind === 'tls-client-hello') {
          this.#said(flow, 'ja3', this.#table.ja3(fact.ja3, seconds))
        }
        return
      default:
      // Nothing else names a host or a client.
    }
  }

  tick(nowUs: number): void {
    for (const sighting of this.#sightings.values()) {
      if (sighting.story.isDue(sighting.count, nowUs)) this.#tell(sighting, nowUs)
    }
  }

  /** The match of the address at that place of `#words`, kept in `#found`. */
  #found: IndicatorMatch | null = null

  #addressAt(at: number, family: number, seconds: number): boolean {
    const address = { words: this.#words, at, family }
    const listed = this.#table.address(address, seconds)
    const isUrlHost = listed === 0
    const number = isUrlHost ? this.#table.urlAddress(address, seconds) : listed
    if (number === 0) return false
    const prefix = Math.floor(number / 65536)
    const isRange = prefix !== (family === 4 ? 32 : 128)
    const feed = this.#table.feedName(number % 65536)
    this.#found = { feed, indicator: isRange ? `a listed /${prefix}` : '', isUrlHost }
    return true
  }

  #outbound(flow: LiveFlow): void {
    const key = pairKey(flow.responderKey, flow.originatorKey, 1)
    this.#sight(key, 'address', flow, () => ({
      ...{ attacker: flow.responderAddress(), host: flow.originatorAddress() },
      ...{ victim: null, domain: null },
    }))
  }

  #inbound(flow: LiveFlow): void {
    this.#sight(
      inboundKey(flow),
      'address',
      flow,
      () => ({
        ...{ attacker: flow.originatorAddress(), host: null },
        ...{ victim: flow.responderAddress(), domain: null },
      }),
      NOTABLE,
    )
  }

  #name(flow: LiveFlow, name: string, isLookup: boolean, seconds: number): void {
    const match = this.#table.domain(name.replace(/\.$/, ''), seconds)
    this.#said(flow, 'domain', match, { domain: name, isLookup })
  }

  #request(
    flow: LiveFlow,
    { host, uri }: { readonly host: string | null; readonly uri: string },
    seconds: number,
  ): void {
    const name = host === null ? flow.responderAddress() : hostOf(host)
    const match = this.#table.url(urlKey(name, uri), seconds)
    if (match === null) this.#name(flow, name, false, seconds)
    else this.#said(flow, 'url', match, { domain: name, isLookup: false })
  }

  #said(
    flow: LiveFlow,
    kind: Kind,
    match: IndicatorMatch | null,
    said: { readonly domain: string | null; readonly isLookup: boolean } = NOTHING_SAID,
  ): void {
    if (match === null) return
    this.#found = match
    const key = pairKey(textKey(match.indicator), flow.originatorKey, 3)
    this.#sight(key, kind, flow, () => ({
      // Who is asked for a name is not who bears it.
      attacker: said.isLookup ? null : flow.responderAddress(),
      host: flow.originatorAddress(),
      ...{ victim: null, domain: said.domain },
    }))
  }

  #sight(
    key: number,
    kind: Kind,
    flow: LiveFlow,
    parties: () => Parties,
    atMost = Number.POSITIVE_INFINITY,
  ): void {
    const match = this.#found!
    const feed = this.#feeds.get(match.feed)
    if (feed === undefined) return
    let sighting = this.#sightings.get(key)
    if (sighting === undefined) {
      const severity = Math.min(feed.severity, match.isUrlHost ? NOTABLE : atMost)
      const story = new Story(flow.startUs, flow.lastUs)
      sighting = {
        ...{ key, kind, match, feed, story, severity },
        ...{ parties: parties(), lastUs: flow.lastUs, count: 0 },
      }
      this.#sightings.set(key, sighting)
    }
    sighting.count += 1
    sighting.lastUs = Math.max(sighting.lastUs, flow.lastUs)
    sighting.story.addFlow(flow)
    if (sighting.story.isDue(sighting.count, flow.lastUs)) this.#tell(sighting, flow.lastUs)
  }

  #tell(sighting: Sighting, nowUs: number): void {
    sighting.story.told(sighting.count, nowUs)
    this.#emit(describe(sighting, false))
  }

  #finish(sighting: Sighting): void {
    this.#emit(describe(sighting, true))
  }
}

/** The host of a Host header, without its port. */
function hostOf(header: string): string {
  const [, inBrackets] = /^\[([^\]]*)\]/.exec(header) ?? []
  return (inBrackets ?? header.replace(/:\d+$/, '')).toLowerCase()
}

const NOTHING_SAID = { domain: null, isLookup: false } as const

const inboundKey = (flow: LiveFlow): number => pairKey(flow.originatorKey, flow.responderKey, 2)

function textKey(text: string): number {
  let hash = 0
  for (let index = 0; index < text.length; index += 1) hash = mix(hash, text.charCodeAt(index))
  return hash
}

function describe(sighting: Sighting, isFinal: boolean): Detection {
  const { kind, match, feed, parties, story, count, lastUs } = sighting
  const { attacker, host, victim, domain } = parties
  const span = spanOf(lastUs - story.firstUs)
  return {
    id: story.id,
    detector: 'indicators',
    kind: `intel.${kind}`,
    family: 'intel',
    severity: sighting.severity,
    confidence: match.isUrlHost ? feed.confidence / 2 : feed.confidence,
    ...{ attacker, host, domain },
    victims: victim === null ? [] : [victim],
    firstSeenUs: story.firstUs,
    lastSeenUs: lastUs,
    count,
    summary: `${saidOf(sighting)}: ${counted(count, 'time')} in ${span}; listed by feed ${feed.name}${match.isUrlHost ? ' as the host of a URL' : ''}`,
    reasons: [
      { feature: 'feed', value: feed.name, baseline: null, weight: 0.5 },
      { feature: 'indicator', value: indicatorOf(sighting), baseline: null, weight: 0.5 },
    ],
    mitre: MITRE[kind],
    flows: [...story.flows],
    port: story.port,
    isFinal,
  }
}

function saidOf({ kind, match, parties }: Sighting): string {
  const { attacker, host, victim, domain } = parties
  switch (kind) {
    case 'address':
      return host === null ? `${attacker} came to ${victim}` : `${host} went to ${attacker}`
    case 'domain':
      return attacker === null
        ? `${host} asked for ${domain}`
        : `${host} spoke to ${domain} at ${attacker}`
    case 'url':
      return `${host} requested ${match.indicator} of ${attacker}`
    case 'ja3':
    case 'ja4':
      return `${host} spoke TLS to ${attacker} as listed software does (${kind.toUpperCase()} ${match.indicator})`
  }
}

function indicatorOf({ match, parties }: Sighting): string {
  if (match.indicator.startsWith('a listed /')) {
    return `${parties.attacker} in ${match.indicator}`
  }
  return match.indicator === '' ? parties.attacker! : match.indicator
}
