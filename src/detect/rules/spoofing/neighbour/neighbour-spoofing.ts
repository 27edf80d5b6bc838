/**
 * Detects neighbours that claim the addresses of others: ARP spoofing, and its like in Neighbour Discovery.
 *
 * The sender is named by the address it bears itself, where it has shown one; else only its MAC is told, since
 * the claimed address is its victim's. Left out: a liar who never contradicts, asks or repeats.
 * Source: RFC 826, RFC 4861, RFC 3756 §4.1.1 (threats); how arpspoof, ettercap and thc-ipv6 go about it.
 */
import { PacketKind, type Packet } from '../../../../decode/packet.ts'
import { IpProtocol } from '../../../../net/protocol.ts'
import type { Detector, Emit, Memory } from '../../../detector.ts'
import type { Story } from '../../state/story.ts'
import { pairKey } from '../../state/pair-key.ts'
import { counted, listed, spanOf } from '../../state/wording.ts'
import type { NeighbourSpoofingConfig } from '../config.ts'
import type { Stories } from '../../state/stories.ts'
import { type Telling } from '../../state/stories.ts'
import { spoofingStories } from '../spoofing-stories.ts'
import type { Bearers } from './bearers.ts'
import {
  Claim,
  NEIGHBOUR_ADVERTISEMENT,
  ROUTER_ADVERTISEMENT,
  ROUTER_SOLICITATION,
} from './claims/claim.ts'
import { HeldClaims } from './claims/held-claims.ts'
import { formatMac } from './mac.ts'
import type { Neighbours } from './neighbours.ts'
import { StandbyCards } from './standby-cards.ts'
import type { Station } from './station.ts'
import { judge, type Verdict } from './verdict.ts'

const MAX_STORIES = 512
/** Times an address goes to and fro within a minute that are no move and no restart. */
const CONFLICT_TURNS = 4

/** Routers of one group hand an address over; one that was let in among them does no better. */
const HANDOVER = 2

/** By whether IPv4's or IPv6's protocol is lied in. */
type ClaimKind = 'spoofing.arp' | 'spoofing.neighbour'

interface Suspect {
  readonly kind: ClaimKind | `${ClaimKind}.conflict`
  readonly key: number
  readonly firstUs: number
  lastUs: number
  count: number
  story: Story | null
  /** Null for a conflict of which nobody knows who is right. */
  station: Station | null
  verdict: Verdict | null
  bearers: Bearers
}

export class NeighbourSpoofing implements Detector {
  readonly name = 'neighbour-spoofing'
  readonly watches = ['arp', 'icmp', 'other'] as const
  readonly memories: readonly Memory[]
  readonly #config: NeighbourSpoofingConfig
  readonly #neighbours: Neighbours
  readonly #read = new Claim()
  readonly #held = new HeldClaims()
  /** The claim at hand: the one just read, or one that was held. */
  #claim = this.#read
  readonly #standby: StandbyCards
  readonly #stories: Stories<Suspect>

  constructor(config: NeighbourSpoofingConfig, neighbours: Neighbours, emit: Emit) {
    this.#config = config
    this.#neighbours = neighbours
    this.#standby = new StandbyCards(config.forgetAfterSeconds * 1e6)
    this.#stories = spoofingStories(this.name, config, { cap: MAX_STORIES, emit, tell })
    this.memories = [this.#standby, this.#neighbours, this.#stories]
  }

  packet(packet: Packet): void {
    if (packet.kind === PacketKind.ARP) {
      if (this.#read.readArp(packet)) this.#take(packet)
      return
    }
    this.#standby.note(packet)
    if (packet.protocol !== IpProtocol.ICMPV6) return
    const type = packet.sourcePort
    if (type < ROUTER_SOLICITATION || type > NEIGHBOUR_ADVERTISEMENT) return
    if (type === ROUTER_ADVERTISEMENT) return
    // RFC 4861 §7.1: what has passed a router is no neighbour's.
    if (packet.ttl !== 255 || packet.malformed !== 0) return
    if (this.#read.readNeighbour(packet)) this.#take(packet)
  }

  tick(nowUs: number): void {
    this.#release(nowUs)
  }

  end(): void {
    this.#release(Number.POSITIVE_INFINITY)
  }

  /** Notes a claim, unless it is an answer that its question may follow yet. */
  #take(packet: Packet): void {
    this.#release(packet.timestampUs)
    const claim = this.#read
    if (this.#neighbours.mayBeEarly(claim) && this.#held.hold(claim, packet)) return
    this.#claim = claim
    this.#note(packet)
  }

  #release(nowUs: number): void {
    if (this.#held.size === 0) return
    for (let held = this.#held.takeDue(nowUs); held !== null;) {
      this.#claim = held.claim
      this.#note(held.packet)
      held = this.#held.takeDue(nowUs)
    }
  }

  #note(packet: Packet): void {
    const kind = packet.kind === PacketKind.ARP ? 'spoofing.arp' : 'spoofing.neighbour'
    const { liar, contradicted, bearers } = this.#neighbours.note(this.#claim, packet)
    if (bearers === null) return
    if (liar !== null) this.#accuse(liar, kind, bearers)
    if (contradicted !== null) this.#accuse(contradicted, kind, bearers)
    if (bearers.turns < CONFLICT_TURNS || liar !== null || contradicted !== null) return
    if (!this.#isLiedAbout(bearers, 0, kind)) this.#tellConflict(kind, bearers)
  }

  #accuse(station: Station, kind: ClaimKind, bearers: Bearers): void {
    const { vlan, nowUs } = this.#claim
    const key = pairKey(station.mac, vlan, kind.length)
    const suspect = this.#stories.get(key)
    const judged = judge(station, this.#config)
    const isHandover = judged !== null && this.#standby.handOver(judged.lies, station.mac, vlan)
    const verdict = isHandover ? { ...judged, severity: HANDOVER, confidence: 0.3 } : judged
    // Who defends its address against a liar is none itself.
    if (verdict === null || this.#isLiedAbout(bearers, station.mac, kind)) return
    const firstUs = Math.min(...verdict.lies.map((lie) => lie.firstUs))
    const known = suspect ?? this.#stories.add(key, open(kind, key, firstUs, bearers))
    known.station = station
    if (known.verdict === null || verdict.severity >= known.verdict.severity)
      known.verdict = verdict
    known.count = Math.max(known.count, observations(verdict))
    known.lastUs = Math.max(known.lastUs, nowUs)
    this.#stories.tell(known, nowUs)
  }

  /** Says whether another card than `mac` was already told of as lying about the address. */
  #isLiedAbout(bearers: Bearers, mac: number, kind: ClaimKind): boolean {
    return bearers.macs.some((other) => {
      if (other === mac) return false
      const suspect = this.#stories.get(pairKey(other, this.#claim.vlan, kind.length))
      return suspect?.verdict?.lies.some((lie) => lie.text === bearers.text) === true
    })
  }

  #tellConflict(kind: ClaimKind, bearers: Bearers): void {
    const { address, vlan, nowUs } = this.#claim
    const key = pairKey(address, vlan, 77)
    const suspect =
      this.#stories.get(key) ??
      this.#stories.add(key, open(`${kind}.conflict`, key, nowUs, bearers))
    suspect.count = Math.max(suspect.count, bearers.turns)
    suspect.lastUs = nowUs
    this.#stories.tell(suspect, nowUs)
  }
}

function open(kind: Suspect['kind'], key: number, firstUs: number, bearers: Bearers): Suspect {
  const rest = { story: null, station: null, verdict: null }
  return { kind, key, firstUs, lastUs: firstUs, count: 0, bearers, ...rest }
}

function tell(suspect: Suspect): Telling {
  const { station, verdict, kind } = suspect
  if (station === null || verdict === null) return tellConflict(suspect)
  const addresses = verdict.lies.map((lie) => lie.text)
  const listeners = new Set(verdict.lies.flatMap((lie) => [...lie.listeners.values()]))
  const attacker = station.honestAddress()
  const name =
    attacker === null ? formatMac(station.mac) : `${attacker} (${formatMac(station.mac)})`
  const span = spanOf(suspect.lastUs - suspect.firstUs)
  return {
    kind,
    severity: verdict.severity,
    confidence: verdict.confidence,
    attacker,
    victims: [...new Set([...addresses, ...listeners])].filter((victim) => victim !== attacker),
    summary: `${listed(addresses, addresses.length)} claimed by ${name} in ${span}: it ${verdict.words}`,
    reasons: [
      ...verdict.reasons,
      { feature: 'mac', value: formatMac(station.mac), baseline: bearerOf(verdict), weight: 0.2 },
    ],
    mitre: kind === 'spoofing.arp' ? ['T1557.002'] : ['T1557'],
  }
}

function observations({ lies }: Verdict): number {
  return lies.reduce(
    (sum, lie) => sum + lie.unasked + lie.repeated + lie.polled + lie.announced + lie.raced,
    0,
  )
}

function bearerOf(verdict: Verdict): string | null {
  const bearer = verdict.lies.find((lie) => lie.bearer !== 0)?.bearer
  return bearer === undefined ? null : formatMac(bearer)
}

function tellConflict({ kind, bearers, count }: Suspect): Telling {
  const macs = bearers.macs.map(formatMac)
  return {
    kind,
    severity: 3,
    confidence: 0.5,
    attacker: null,
    victims: [bearers.text],
    summary: `${bearers.text} went to and fro between ${listed(macs, macs.length)}: ${counted(count, 'turn')} within a minute; two machines have one address, or one has two cards`,
    reasons: [{ feature: 'turnsPerMinute', value: count, baseline: CONFLICT_TURNS, weight: 1 }],
    mitre: ['T1557'],
  }
}
