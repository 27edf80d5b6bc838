/**
 * Detects tunnels through DNS: one host asks for ever new names beneath one domain, and the names look like data.
 *
 * Idle tunnels poll with short names that count up, busy ones fill names of 200 characters; what they share is
 * that no name is ever asked for twice. Works at the client, at its resolver, over UDP and TCP, and where only
 * one direction is captured. A host that asks on behalf of another suspect (its resolver) is not told of.
 * Source: Born and Gustafson, "Detecting DNS Tunnels Using Character Frequency Analysis" (2010); Das et al.,
 * "Detection of Exfiltration and Tunneling over DNS" (2017); RFC 1035, RFC 5782.
 */
import { APPLICATIONS, type DnsMessage, type LiveFlow } from '../../../../flow/flow.ts'
import type { Detector, Emit, Heard, Memory } from '../../../detector.ts'
import { FadingTable } from '../../state/tables/fading-table.ts'
import { FirstLooks } from '../../state/tables/first-looks.ts'
import { mix, pairKey } from '../../state/pair-key.ts'
import { Story } from '../../state/story.ts'
import type { DnsTunnelConfig } from '../config.ts'
import { describeDnsTunnel } from './dns-story.ts'
import { DnsSuspect, TELLING_TYPES } from './dns-suspect.ts'
import { DomainRound, sumOf } from './domain-round.ts'
import { GivenAddresses } from './given-addresses.ts'
import { isKnownDomain, isOrdinaryLookup } from './known-names.ts'
import { describeRound } from './round-story.ts'
import { registeredDomainAt } from '../../../../net/registered-domain.ts'

const DNS = APPLICATIONS.indexOf('dns')
const DNS_PORT = 53
/** NetBIOS names and LLMNR are framed as DNS is, and stay on the link. */
const NETBIOS_PORT = 137
const LLMNR_PORT = 5355

/** A name of 255 characters is cut there, less half an escape. */
const NEARLY_LONGEST = 245

/** Servers remembered; those met later are not taken for resolvers. */
const MAX_SERVERS = 4096

/** Hosts whose domains are looked at together. */
const MAX_ROUNDS = 1024

/** Pairs of host and domain waiting to show four names. */
const WAITING = 32_768

const HEARS = ['dns'] as const

export class DnsTunnel implements Detector {
  readonly name = 'dns-tunnel'
  readonly hears = HEARS
  readonly memories: readonly Memory[]
  readonly #config: DnsTunnelConfig
  readonly #emit: Emit
  readonly #looks: FirstLooks
  readonly #suspects: FadingTable<DnsSuspect>
  /** The first to have a story, by domain: who asks for the same names after is its resolver. */
  readonly #first = new Map<number, DnsSuspect>()
  /** Hosts that were asked for names. */
  readonly #servers = new Set<number>()
  readonly #given = new GivenAddresses()
  readonly #rounds: FadingTable<DomainRound>

  constructor(config: DnsTunnelConfig, emit: Emit) {
    this.#config = config
    this.#emit = emit
    const afterUs = config.forgetAfterSeconds * 1e6
    this.#looks = new FirstLooks(WAITING, afterUs)
    this.#suspects = new FadingTable(config.maxSuspects, afterUs, (suspect) =>
      this.#finish(suspect),
    )
    this.#rounds = new FadingTable(MAX_ROUNDS, afterUs, (round) => this.#finishRound(round))
    this.memories = [this.#given, this.#rounds, this.#suspects, this.#looks]
  }

  flowOpened(flow: LiveFlow): void {
    if (this.#given.size > 0) this.#given.opened(flow)
  }

  flowSpoke(flow: LiveFlow, fact: Heard<typeof HEARS>): void {
    if (flow.application !== DNS || fact.query === null) return
    if (flow.responderPort === NETBIOS_PORT || flow.responderPort === LLMNR_PORT) return
    const isOriginatorAsking = flow.originatorPort !== DNS_PORT || flow.responderPort === DNS_PORT
    const isAnswered = fact.isResponse && wasAsked(flow, isOriginatorAsking)
    if (isAnswered && this.#suspects.size === 0) return
    const domainAt = registeredDomainAt(fact.query)
    const freeLength = domainAt === fact.query.length ? domainAt : domainAt - 1
    if (freeLength <= 0 || hasLostItsEnd(fact.query)) return
    const domainHash = hashOf(fact.query, domainAt, fact.query.length)
    const clientKey = isOriginatorAsking ? flow.originatorKey : flow.responderKey
    const suspect = this.#suspects.get(pairKey(clientKey, domainHash, 0))
    if (this.#servers.size < MAX_SERVERS) {
      this.#servers.add(isOriginatorAsking ? flow.responderKey : flow.originatorKey)
    }
    if (isAnswered) {
      if (suspect === undefined) return
      suspect.answered(fact, freeLength, flow.lastUs)
      this.#given.note(suspect, fact, flow.lastUs)
      return
    }
    const nameHash = hashOf(fact.query, 0, freeLength)
    if (suspect === undefined)
      this.#meet(flow, fact, { domainAt, domainHash, nameHash, isOriginatorAsking })
    else this.#asks(suspect, flow, { fact, freeLength, nameHash })
  }

  #meet(flow: LiveFlow, fact: DnsMessage, name: NameParts): void {
    const { domainAt, domainHash, nameHash, isOriginatorAsking } = name
    const query = fact.query!
    const clientKey = isOriginatorAsking ? flow.originatorKey : flow.responderKey
    const place = this.#looks.note(clientKey, domainHash, nameHash, flow.lastUs)
    if (place < 0) return
    const look = this.#looks.take(place)
    const isKnown = isKnownDomain(query.slice(domainAt))
    if (isKnown && !isOfTellingType(fact)) return
    const addresses = [flow.originatorAddress(), flow.responderAddress()] as const
    const parties = {
      client: isOriginatorAsking ? addresses[0] : addresses[1],
      server: isOriginatorAsking ? addresses[1] : addresses[0],
      clientKey,
      serverKey: isOriginatorAsking ? flow.responderKey : flow.originatorKey,
      domain: domainAt === query.length ? null : query.slice(domainAt),
      domainHash,
      isKnown,
    }
    const suspect = new DnsSuspect(parties, flow.lastUs)
    suspect.remember(look.items.slice(0, -1), look.firstUs)
    this.#suspects.set(pairKey(clientKey, domainHash, 0), suspect)
    this.#roundOf(clientKey, flow.lastUs).add(suspect)
    const freeLength = domainAt === query.length ? domainAt : domainAt - 1
    this.#asks(suspect, flow, { fact, freeLength, nameHash })
  }

  #asks(suspect: DnsSuspect, flow: LiveFlow, asked: Asked): void {
    const { fact, freeLength, nameHash } = asked
    if (isOrdinaryLookup(fact.query!)) return
    if (suspect.parties.isKnown && !isOfTellingType(fact)) return
    // An answer whose question was not captured stands for it, and is what it is.
    if (fact.isResponse) {
      suspect.answered(fact, freeLength, flow.lastUs)
      this.#given.note(suspect, fact, flow.lastUs)
    }
    suspect.asks(fact, freeLength, nameHash, flow.lastUs)
    if (suspect.story === null) {
      const { domainHash, clientKey } = suspect.parties
      const isResolver = this.#servers.has(clientKey)
      if (!suspect.isTunnel(this.#config, isResolver)) {
        if (!isResolver) this.#judgeRound(clientKey, flow)
        return
      }
      const first = this.#first.get(domainHash)
      if (first !== undefined && suspect.relays(first)) return
      suspect.story = new Story(suspect.firstUs, flow.lastUs)
      if (first === undefined) this.#first.set(domainHash, suspect)
    }
    suspect.story.addFlow(flow)
    if (!suspect.story.isDue(suspect.queries, flow.lastUs)) return
    suspect.story.told(suspect.queries, flow.lastUs)
    this.#emit(describeDnsTunnel(suspect, suspect.story, this.#config, false))
  }

  #roundOf(clientKey: number, nowUs: number): DomainRound {
    let round = this.#rounds.get(clientKey)
    if (round === undefined) {
      round = new DomainRound(nowUs)
      this.#rounds.set(clientKey, round)
    }
    return round
  }

  #judgeRound(clientKey: number, flow: LiveFlow): void {
    const round = this.#rounds.get(clientKey)
    if (round === undefined) return
    round.lastUs = Math.max(round.lastUs, flow.lastUs)
    const pieces = round.tunnel(this.#config)
    if (pieces.length === 0) return
    round.pieces = pieces
    round.story ??= new Story(pieces[0]!.firstUs, flow.lastUs)
    round.story.addFlow(flow)
    const queries = sumOf(pieces, 'queries')
    if (!round.story.isDue(queries, flow.lastUs)) return
    round.story.told(queries, flow.lastUs)
    this.#emit(describeRound(pieces, round.story, this.#config, false))
  }

  #finishRound({ story, pieces }: DomainRound): void {
    if (story !== null) this.#emit(describeRound(pieces, story, this.#config, true))
  }

  #finish(suspect: DnsSuspect): void {
    this.#rounds.get(suspect.parties.clientKey)?.remove(suspect)
    if (suspect.story === null) return
    const { domainHash } = suspect.parties
    if (this.#first.get(domainHash) === suspect) this.#first.delete(domainHash)
    this.#emit(describeDnsTunnel(suspect, suspect.story, this.#config, true))
  }
}

interface NameParts {
  readonly domainAt: number
  readonly domainHash: number
  readonly nameHash: number
  readonly isOriginatorAsking: boolean
}

interface Asked {
  readonly fact: DnsMessage
  readonly freeLength: number
  readonly nameHash: number
}

/** Binary names are escaped, and may outgrow what is kept of a name: then their domain is not seen. */
function hasLostItsEnd(name: string): boolean {
  return name.length >= NEARLY_LONGEST && name.includes('\\u{')
}

/** Beneath domains known for odd names only what nobody asks there is looked at: a tunnel that names them falsely. */
const isOfTellingType = ({ type }: DnsMessage): boolean => type !== null && TELLING_TYPES.has(type)

/** Where only answers are captured, each stands for its question. */
function wasAsked(flow: LiveFlow, isOriginatorAsking: boolean): boolean {
  return (isOriginatorAsking ? flow.originatorPackets : flow.responderPackets) > 0
}

/** Hashes part of a text to 32 bits, signed. */
function hashOf(text: string, from: number, to: number): number {
  let hash = to - from
  for (let at = from; at < to; at += 1) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0
  return mix(hash, to - from)
}
