/** The link as its stations describe it: bearers of addresses, cards, and the claims that do not fit. */
import type { Memory } from '../../../detector.ts'
import type { Packet } from '../../../../decode/packet.ts'
import { formatIpv4Word } from '../../../../net/address.ts'
import { destinationAddress } from '../../state/packet-address.ts'
import { FadingTable } from '../../state/tables/fading-table.ts'
import { pairKey } from '../../state/pair-key.ts'
import { Bearers } from './bearers.ts'
import type { Claim } from './claims/claim.ts'
import { Way } from './claims/claim.ts'
import { isVirtual } from './mac.ts'
import { Questions } from './questions.ts'
import { addListener, Station, type Lie } from './station.ts'

/** A poll and an answer under one address so close together are one push. */
const PUSH_US = 1e6
/** Of one second. */
const MAX_POLLS = 1024
/** A card has several addresses (IPv6), and what is known of it is more. */
const CARD_SHARE = 4

/** What a claim changed; reused from call to call. */
class Outcome {
  /** The card whose lies have grown; null when none has. */
  liar: Station | null = null
  /** The card that bore the address before and lied about it, now contradicted. */
  contradicted: Station | null = null
  bearers: Bearers | null = null
}

/**
 * Bounded by `cap` addresses and a quarter as many cards; who is silent longest goes first.
 *
 * Memory: 0.3 KB an address, 0.5 KB a card; under attack up to 20 KB a card, 20 MB in all by default.
 */
export class Neighbours implements Memory {
  readonly #addresses: FadingTable<Bearers>
  readonly #stations: FadingTable<Station>
  readonly #questions = new Questions()
  readonly #polls = new Map<number, number>()
  readonly #outcome = new Outcome()

  constructor(cap: number, forgetAfterUs: number) {
    this.#addresses = new FadingTable(cap, forgetAfterUs)
    this.#stations = new FadingTable(Math.ceil(cap / CARD_SHARE), forgetAfterUs)
  }

  get forgotten(): number {
    return this.#addresses.forgotten + this.#stations.forgotten
  }

  /** The cards that claim an address: by hash, as `Claim.address`. */
  bearersOf(address: number, vlan: number): Bearers | undefined {
    return this.#addresses.get(pairKey(address, vlan, 1))
  }

  stationOf(mac: number, vlan: number): Station | undefined {
    return this.#stations.get(pairKey(mac, vlan, 2))
  }

  tick(nowUs: number): void {
    this.#questions.begin(nowUs)
    this.#polls.clear()
    this.#addresses.tick(nowUs)
    this.#stations.tick(nowUs)
  }

  /** Takes in a claim. The outcome holds until the next call. */
  note(claim: Claim, packet: Packet): Outcome {
    const outcome = this.#outcome
    outcome.liar = null
    outcome.contradicted = null
    outcome.bearers = null
    if (claim.question !== 0) {
      const asker = claim.mac === 0 ? 0 : claim.address
      this.#questions.ask(asker, claim.question, claim.nowUs)
    }
    // Virtual routers move by design; only what they tell one station unasked is no such move.
    if (claim.mac === 0 || (isVirtual(claim.mac) && claim.way !== Way.ANSWER)) return outcome
    const bearers = this.#bearers(claim, packet)
    const station = this.#station(claim)
    const rival = bearers.rivalOf(claim.mac, claim.nowUs)
    const isAsked = claim.way === Way.ANSWER && !this.#isUnasked(claim)
    const lie = this.#lieIn(claim, packet, { bearers, station, rival, isAsked })
    const isSeeking = claim.question !== 0 && claim.mac === claim.teller
    if (isSeeking) station.seeks(claim.question, claim.nowUs)
    if (lie !== null) outcome.liar = station
    else if (isOwn(claim, rival, isAsked) && station.addOwn(claim.address, () => bearers.text)) {
      // Now it can be named.
      if (station.lies.size > 0) outcome.liar = station
    }
    if (isSeeking && station.lies.has(claim.question)) outcome.liar = station
    if (bearers.lastMac !== claim.mac) outcome.contradicted = this.#contradict(bearers, claim)
    bearers.note(claim.mac, claim.way === Way.ANSWER, claim.nowUs)
    outcome.bearers = bearers
    return outcome
  }

  #lieIn(claim: Claim, packet: Packet, seen: Seen): Lie | null {
    const { bearers, station, rival, isAsked } = seen
    const isUnasked = claim.way === Way.ANSWER && !isAsked && claim.other !== 0
    const isTold = isUnasked && this.#isHeard(claim)
    const isRaced = isAsked && rival !== 0 && bearers.isRaced(claim.mac, claim.nowUs)
    const isAnnounced = claim.way === Way.ANNOUNCE && rival !== 0
    if (claim.way === Way.POLL) this.#notePoll(claim)
    const known = station.lies.get(claim.address)
    const goesOn =
      claim.way === Way.ANNOUNCE && (known !== undefined || !station.own.has(claim.address))
    const isPolled = claim.way === Way.POLL && rival !== 0 && !station.own.has(claim.address)
    if (!isUnasked && !isRaced && !isAnnounced && !goesOn && !isPolled) return null
    const lie = station.lieAbout(claim.address, () => bearers.text, claim.nowUs)
    if (lie === null) return null
    const isForAnother = claim.mac !== claim.teller
    if (isForAnother) lie.bearer = claim.mac
    else if (rival !== 0) lie.bearer = rival
    if (isUnasked) {
      if (isForAnother && known !== undefined) lie.gaveBack += 1
      if (claim.isUnbidden) lie.unbidden += 1
      if (isTold) lie.unasked += 1
      else lie.repeated += 1
      addListener(lie, claim.other, this.#textOf(claim.other, claim, packet))
      lie.isPushed ||= claim.nowUs - (this.#polls.get(pollKey(claim)) ?? -Infinity) <= PUSH_US
    }
    if (isRaced) lie.raced += 1
    if (isPolled) {
      lie.polled += 1
      addListener(lie, claim.question, this.#textOf(claim.question, claim, packet))
    }
    if (claim.way === Way.ANNOUNCE) lie.announced += 1
    return lie
  }

  #notePoll(claim: Claim): void {
    if (this.#polls.size >= MAX_POLLS) this.#polls.clear()
    this.#polls.set(pollKey(claim), claim.nowUs)
  }

  /** The other bearer spoke: what was announced against it is contradicted. */
  #contradict(bearers: Bearers, claim: Claim): Station | null {
    const before = this.stationOf(bearers.lastMac, claim.vlan)
    const lie = before?.lies.get(claim.address)
    if (before === undefined || lie === undefined) return null
    lie.returns += 1
    if (!isVirtual(claim.mac)) lie.bearer = claim.mac
    return before
  }

  /** Says whether it is an answer, of nobody's address but its sender's, whose question has not come so far. */
  mayBeEarly(claim: Claim): boolean {
    if (claim.way !== Way.ANSWER || !this.#isUnasked(claim)) return false
    const bearers = this.bearersOf(claim.address, claim.vlan)
    return bearers === undefined || bearers.rivalOf(claim.mac, claim.nowUs) === 0
  }

  #isUnasked(claim: Claim): boolean {
    if (claim.isOfCard) return false
    return this.#questions.isUnasked(claim.other, claim.address, claim.nowUs)
  }

  /** Only of a station whose own words are seen is it known what it did not ask. */
  #isHeard(claim: Claim): boolean {
    return this.bearersOf(claim.other, claim.vlan)?.isHeard === true
  }

  #textOf(listener: number, { vlan }: Claim, packet: Packet): string {
    const known = this.bearersOf(listener, vlan)?.text
    if (known !== undefined) return known
    // ARP's addresses are no IP packet's.
    return packet.ipVersion === 6 ? destinationAddress(packet) : formatIpv4Word(packet.destination3)
  }

  #bearers(claim: Claim, packet: Packet): Bearers {
    const key = pairKey(claim.address, claim.vlan, 1)
    const known = this.#addresses.get(key)
    if (known !== undefined) return known
    const bearers = new Bearers(claim.addressText(packet), claim.nowUs)
    this.#addresses.set(key, bearers)
    return bearers
  }

  #station(claim: Claim): Station {
    const key = pairKey(claim.teller, claim.vlan, 2)
    let station = this.#stations.get(key)
    if (station === undefined) {
      station = new Station(claim.teller, claim.nowUs)
      this.#stations.set(key, station)
    }
    station.lastUs = Math.max(station.lastUs, claim.nowUs)
    return station
  }
}

interface Seen {
  readonly bearers: Bearers
  readonly station: Station
  /** Another card that bears the address; 0 when none does. */
  readonly rival: number
  readonly isAsked: boolean
}

function isOwn(claim: Claim, rival: number, isAsked: boolean): boolean {
  if (claim.mac !== claim.teller) return false
  return claim.way === Way.ASK || (isAsked && rival === 0)
}

function pollKey(claim: Claim): number {
  return pairKey(claim.teller, claim.address, 3)
}
