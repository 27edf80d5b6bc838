/**
 * Detects hosts that look for their commander under domains made up by the day (domain generation algorithms):
 * many registrable names that do not exist and look like nothing anybody would register.
 *
 * What counts are the domains, not the names beneath them: a tunnel, a block list or a virus scanner asks much
 * beneath one. Browsers that test whether missing names are hijacked ask three at a time, without a domain or
 * beneath the one that their network hands out.
 * Where no answer to a host is captured, its questions tell, if hardly one is for anything else.
 * Left out: algorithms that put dictionary words together. A resolver asks for all of its clients, and is
 * taken for one from several times as much on.
 * Source: Antonakakis et al., From Throw-Away Traffic to Bots (USENIX Security 2012).
 */
import type { ApplicationFact, DnsMessage, LiveFlow } from '../../../../flow/flow.ts'
import type { Detection } from '../../../detection.ts'
import type { Detector, Emit, Memory } from '../../../detector.ts'
import { textHash } from '../../state/attack-ledger.ts'
import type { Row } from '../../state/tables/capped-table.ts'
import { FadingTable } from '../../state/tables/fading-table.ts'
import { FirstLooks } from '../../state/tables/first-looks.ts'
import { Story } from '../../state/story.ts'
import { confidenceOf, counted, listed, spanOf } from '../../state/wording.ts'
import { nameFeatures } from '../../tunnel/dns/name-score.ts'
import { registeredDomainAt } from '../../../../net/registered-domain.ts'
import type { MadeUpDomainsConfig } from '../config.ts'

const DNS_PORT = 53
const MAX_HOSTS = 2048
/** Hosts that have asked for a domain or two: a flood is made of these. */
const WAITING = 4096
const MAX_SERVERS = 4096
/** Once so many hosts were heard nobody is taken for unheard any more. */
const MAX_HEARD = 4096
const MAX_DOMAINS = 512
/** A resolver with hundreds of clients meets a few such names by itself. */
const RESOLVER_FACTOR = 4
/** Of the domains that do not exist so many must look made up. */
const MIN_ODD_SHARE = 0.6
/** Shorter labels look like nothing in particular. */
const MIN_LABEL = 7
/** Odd letters in a row, or letters and digits by turns: where ordinary names hardly come. */
const MIN_RARE_PAIRS = 0.3
const MIN_MIXING = 0.12
/**
 * What networks hand out to complete short names with, and nobody can register (RFC 6761, RFC 6762 appendix G,
 * ICANN's list of collisions): bots would look there in vain for ever.
 */
const PRIVATE_ENDINGS: ReadonlySet<string> = new Set([
  'lan', 'home', 'local', 'localdomain', 'internal', 'intranet', 'corp', 'private', 'domain', 'workgroup', 'localhost',
  'invalid', 'test', 'example', 'arpa', 'onion', 'alt', 'belkin', 'dlink', 'router', 'gateway', 'modem', 'mshome',
  'dhcp', 'server', 'wlan', 'wifi', 'attlocal', 'homestation', 'airdream', 'openstacklocal',
]) // prettier-ignore
const CERTAIN_DOMAINS = 60
/** What is asked for, where nothing tells whether it exists: so many times as much, and nearly nothing else. */
const UNHEARD_FACTOR = 2
const UNHEARD_ODD_SHARE = 0.75
const EXAMPLES = 4

interface Seeker extends Row {
  readonly host: string
  readonly server: string
  firstUs: number
  /** The domains that did not exist, and how many of them look made up. */
  readonly missing: Set<number>
  odd: number
  readonly examples: string[]
  story: Story | null
  /** No answer to the host was captured, and these are the domains that it asked for. */
  readonly isUnheard: boolean
}

export class MadeUpDomains implements Detector {
  readonly name = 'made-up-domains'
  readonly memories: readonly Memory[]
  readonly #config: MadeUpDomainsConfig
  readonly #emit: Emit
  readonly #looks: FirstLooks
  readonly #seekers: FadingTable<Seeker>
  /** Hosts to which an answer was captured. */
  readonly #heard = new Set<number>()
  /** Hosts that others ask. */
  readonly #servers = new Set<number>()

  constructor(config: MadeUpDomainsConfig, emit: Emit) {
    this.#config = config
    this.#emit = emit
    const forgetAfterUs = config.forgetAfterSeconds * 1e6
    this.#looks = new FirstLooks(WAITING, forgetAfterUs)
    this.#seekers = new FadingTable(MAX_HOSTS, forgetAfterUs, (seeker) => this.#finish(seeker))
    this.memories = [this.#seekers]
  }

  flowSpoke(flow: LiveFlow, fact: ApplicationFact): void {
    if (fact.kind !== 'dns' || fact.query === null) return
    const isTurned = flow.originatorPort === DNS_PORT && flow.responderPort !== DNS_PORT
    if (!isTurned && flow.responderPort !== DNS_PORT) return
    const [hostKey, serverKey] = isTurned
      ? [flow.responderKey, flow.originatorKey]
      : [flow.originatorKey, flow.responderKey]
    if (this.#servers.size < MAX_SERVERS) this.#servers.add(serverKey)
    if (fact.isResponse) {
      this.#hears(hostKey)
      if (isMissingHost(fact)) this.#misses(flow, fact, hostKey, isTurned)
    } else if (isForHost(fact) && this.#isUnheard(hostKey)) {
      this.#misses(flow, fact, hostKey, isTurned)
    }
  }

  #isUnheard(hostKey: number): boolean {
    return this.#heard.size < MAX_HEARD && !this.#heard.has(hostKey)
  }

  /** What was asked before the first answer was captured proves nothing. */
  #hears(hostKey: number): void {
    if (this.#heard.has(hostKey) || this.#heard.size >= MAX_HEARD) return
    this.#heard.add(hostKey)
    if (this.#seekers.get(hostKey)?.story === null) this.#seekers.delete(hostKey)
  }

  #misses(flow: LiveFlow, { query }: DnsMessage, hostKey: number, isTurned: boolean): void {
    const domain = domainOf(query!)
    if (domain === null) return
    const missing = missingDomain(domain)
    const known = this.#seekers.get(hostKey)
    if (known === undefined || this.#isOver(known, flow.lastUs)) {
      this.#look(flow, missing, hostKey, isTurned)
      return
    }
    known.lastUs = Math.max(known.lastUs, flow.lastUs)
    if (known.missing.has(missing) || known.missing.size >= MAX_DOMAINS) return
    known.missing.add(missing)
    if (!isOdd(missing)) return
    known.odd += 1
    if (known.examples.length < EXAMPLES) known.examples.push(domain)
    this.#judge(known, flow, hostKey)
  }

  /** A host becomes a seeker with the fourth domain; what it asked for before it was heard is counted apart. */
  #look(flow: LiveFlow, missing: number, hostKey: number, isTurned: boolean): void {
    const isUnheard = this.#isUnheard(hostKey)
    const place = this.#looks.note(hostKey, isUnheard ? 1 : 0, missing, flow.lastUs)
    if (place < 0) return
    const { items, firstUs } = this.#looks.take(place)
    const [host, server] = isTurned
      ? [flow.responderAddress(), flow.originatorAddress()]
      : [flow.originatorAddress(), flow.responderAddress()]
    this.#seekers.set(hostKey, {
      ...{ host, server, firstUs, lastUs: flow.lastUs, isUnheard },
      ...{ missing: new Set(items), odd: items.filter(isOdd).length, examples: [], story: null },
    })
  }

  /** Without a story the count begins anew: nobody's typing errors add up over days. */
  #isOver(seeker: Seeker, nowUs: number): boolean {
    return seeker.story === null && nowUs - seeker.firstUs > this.#config.forgetAfterSeconds * 2e6
  }

  #judge(seeker: Seeker, flow: LiveFlow, hostKey: number): void {
    const { isUnheard } = seeker
    const factor = this.#servers.has(hostKey) ? RESOLVER_FACTOR : 1
    if (seeker.odd < this.#config.minDomains * factor * (isUnheard ? UNHEARD_FACTOR : 1)) return
    const share = isUnheard ? UNHEARD_ODD_SHARE : MIN_ODD_SHARE
    if (seeker.odd < seeker.missing.size * share) return
    seeker.story ??= new Story(seeker.firstUs, flow.lastUs)
    seeker.story.addFlow(flow)
    if (!seeker.story.isDue(seeker.odd, flow.lastUs)) return
    seeker.story.told(seeker.odd, flow.lastUs)
    this.#emit(describe(seeker, seeker.story, this.#config, false))
  }

  #finish(seeker: Seeker): void {
    if (seeker.story !== null) this.#emit(describe(seeker, seeker.story, this.#config, true))
  }
}

/** Bots look for hosts; who looks for mail domains that do not exist was sent spam in their name. */
const isMissingHost = (fact: DnsMessage): boolean => fact.rcode === 'NXDOMAIN' && isForHost(fact)
const isForHost = ({ type }: DnsMessage): boolean => type === 'A' || type === 'AAAA'

/** The registrable domain; null for names without one, and for those of the network at hand. */
function domainOf(name: string): string | null {
  const at = registeredDomainAt(name)
  if (at >= name.length || PRIVATE_ENDINGS.has(name.slice(name.lastIndexOf('.') + 1))) return null
  return name.slice(at).includes('.') ? name.slice(at) : null
}

/** A number of its own for each domain, which tells whether it looks made up. */
function missingDomain(domain: string): number {
  return (textHash(domain) >>> 0) * 2 + (looksMadeUp(domain) ? 1 : 0)
}

const isOdd = (missing: number): boolean => missing % 2 === 1

function looksMadeUp(domain: string): boolean {
  const end = domain.indexOf('.')
  if (end < MIN_LABEL || domain.startsWith('xn--')) return false
  const { rarePairs, mixing } = nameFeatures(domain, end)
  return rarePairs >= MIN_RARE_PAIRS || mixing >= MIN_MIXING
}

function describe(
  { host, server, odd, missing, examples, lastUs, firstUs, isUnheard }: Seeker,
  story: Story,
  { minDomains }: MadeUpDomainsConfig,
  isFinal: boolean,
): Detection {
  return {
    id: story.id,
    ...{ detector: 'made-up-domains', kind: 'c2.dga', family: 'c2' },
    severity: odd >= CERTAIN_DOMAINS ? 6 : 5,
    confidence: confidenceOf(0.7, odd - minDomains, 30),
    ...{ attacker: null, victims: [host], host, domain: examples[0] ?? null },
    ...{ firstSeenUs: firstUs, lastSeenUs: lastUs, count: odd },
    summary: `${host} asked ${server} for ${counted(missing.size, 'domain')}${isUnheard ? '' : ' that do not exist'} in ${spanOf(lastUs - firstUs)}, ${odd} of them as if made up by a program: ${listed(examples, odd)}`,
    reasons: [
      { feature: 'madeUpDomains', value: odd, baseline: minDomains, weight: 0.7 },
      { feature: 'missingDomains', value: missing.size, baseline: null, weight: 0.3 },
    ],
    mitre: ['T1568.002'],
    flows: [...story.flows],
    port: story.port,
    isFinal,
  }
}
