/**
 * Detects false IPv6 routers: advertisements in a router's name from another card, routers talked dead, a
 * second router that pushes itself before the first, and one that names a group of hosts as its resolver (the usual
 * one of thc-ipv6's fake_router6).
 *
 * Two routers on one link are nothing: only one that claims high preference and another network or resolver
 * is told of, and any other is noted. A lifetime of 0 is no router (border routers of Thread say so all day).
 * Left out: floods of advertisements, which are floods.
 * Source: RFC 4861 §4.2, RFC 4191 §2.2 (preference), RFC 8106 (RDNSS), RFC 6104 (rogue advertisements).
 */
import { readUint16 } from '../../../../decode/index.ts'
import type { Packet } from '../../../../decode/packet.ts'
import { IpProtocol } from '../../../../net/protocol.ts'
import type { Detector, Emit, Memory } from '../../../detector.ts'
import { FadingTable } from '../../state/tables/fading-table.ts'
import { sourceAddress, sourceHash } from '../../state/packet-address.ts'
import { mix, pairKey } from '../../state/pair-key.ts'
import type { Story } from '../../state/story.ts'
import { confidenceOf, counted, spanOf } from '../../state/wording.ts'
import type { RouterSpoofingConfig } from '../config.ts'
import type { Stories } from '../../state/stories.ts'
import { type Telling } from '../../state/stories.ts'
import { spoofingStories } from '../spoofing-stories.ts'
import { formatMac, isVirtual } from './mac.ts'
import type { Neighbours } from './neighbours.ts'
import type { Kind } from '../../../told-names.ts'

const SOLICITATION = 133
const ADVERTISEMENT = 134
const OPTIONS_AT = 8
const PREFIX = 3
const RDNSS = 25
const RESOLVERS_AT = 8
const MULTICAST = 0xff
const MAX_ROUTERS = 256
const MAX_STORIES = 128
/** A router that dies and comes back so often within a minute is being killed. */
const KILLS = 3
const KILLS_WITHIN_US = 60e6

/** A router that repeats itself more often than this, so many times. */
const MIN_HASTE = 6
const HASTY_GAP_US = 15_000_000
/** A router answers whoever asks for one within this long (RFC 4861 §6.2.6), and all at once. */
const ANSWER_US = 3_500_000
const ALL_NODES = 'ff02::1'

/** Severity of a second router that only announces itself. */
const PLAIN = 2
const FEW_ROUTERS = 4
const MAX_CROWDS = 64
/** So many new ones within a minute are made up. */
const MANY_ROUTERS = 32
const NEWCOMERS_WITHIN_US = 60_000_000

interface Router {
  readonly text: string
  readonly vlan: number
  readonly mac: number
  readonly firstUs: number
  lastUs: number
  lifetime: number
  isPreferred: boolean
  /** Of prefixes and resolvers. */
  offer: number
  /** Advertisements to all that nobody had asked for. */
  count: number
  deaths: number
  deathsSinceUs: number
}

/** Cards of plain second routers on one link. */
interface Crowd {
  lastUs: number
  cards: number
}

interface False {
  readonly kind: Kind
  readonly firstUs: number
  lastUs: number
  count: number
  story: Story | null
  severity: number
  attacker: string | null
  victim: string
  mac: number
  words: string
}

export class RouterAdvertisements implements Detector {
  readonly name = 'router-advertisements'
  readonly watches = ['icmp'] as const
  readonly memories: readonly Memory[]
  readonly #neighbours: Neighbours
  readonly #routers: FadingTable<Router>
  readonly #crowds: FadingTable<Crowd>
  /** Routers that were new within a minute, counted from its beginning. */
  readonly #newcomers = new FadingTable<Crowd>(MAX_CROWDS, NEWCOMERS_WITHIN_US)
  /** When somebody last asked for a router, by VLAN. */
  readonly #asked = new FadingTable<{ lastUs: number }>(MAX_CROWDS, ANSWER_US)
  readonly #stories: Stories<False>

  constructor(config: RouterSpoofingConfig, neighbours: Neighbours, emit: Emit) {
    this.#neighbours = neighbours
    const forgetAfterUs = config.forgetAfterSeconds * 1e6
    this.#routers = new FadingTable(MAX_ROUTERS, forgetAfterUs)
    this.#crowds = new FadingTable(MAX_CROWDS, forgetAfterUs)
    this.#stories = spoofingStories(this.name, config, { cap: MAX_STORIES, emit, tell })
    this.memories = [this.#stories, this.#routers, this.#crowds, this.#newcomers, this.#asked]
  }

  packet(packet: Packet): void {
    if (packet.protocol !== IpProtocol.ICMPV6 || packet.ttl !== 255 || packet.malformed !== 0)
      return
    if (packet.sourcePort === SOLICITATION) {
      this.#asked.set(packet.vlan, { lastUs: packet.timestampUs })
    } else if (packet.sourcePort === ADVERTISEMENT) this.#advertises(packet)
  }

  #advertises(packet: Packet): void {
    const nowUs = packet.timestampUs
    const lifetime = readUint16(packet.buffer, packet.payloadOffset - 2)
    const key = pairKey(sourceHash(packet), packet.vlan, 8)
    const known = this.#routers.get(key)
    if (lifetime > 0 && namesGroupAsResolver(packet)) this.#tellGroup(packet)
    if (known === undefined) {
      const router = openRouter(packet, lifetime)
      this.#routers.set(key, router)
      if (lifetime > 0 && !this.#isFlooded(packet)) this.#compare(router, packet)
      return
    }
    if (known.mac !== packet.sourceMac) this.#tellForged(known, packet, lifetime)
    else if (lifetime === 0 && known.lifetime > 0) this.#noteDeath(known, packet)
    known.lastUs = Math.max(known.lastUs, nowUs)
    known.lifetime = lifetime
    if (lifetime > 0 && known.mac === packet.sourceMac) {
      known.isPreferred = isPreferred(packet)
      known.offer = offerOf(packet)
      const isAsked = nowUs - (this.#asked.get(packet.vlan)?.lastUs ?? -Infinity) <= ANSWER_US
      if (!isAsked) known.count += 1
      this.#compare(known, packet)
      if (!isAsked) this.#judgeHaste(known, packet)
    }
  }

  /** No link gets dozens of routers within a minute. */
  #isFlooded(packet: Packet): boolean {
    const { vlan, timestampUs: nowUs } = packet
    let newcomers = this.#newcomers.get(vlan)
    if (newcomers === undefined || nowUs - newcomers.lastUs > NEWCOMERS_WITHIN_US) {
      newcomers = { lastUs: nowUs, cards: 0 }
      this.#newcomers.set(vlan, newcomers)
    }
    newcomers.cards += 1
    if (newcomers.cards < MANY_ROUTERS) return false
    this.#tell(packet, {
      ...{ kind: 'spoofing.router-advertisement', severity: 5 },
      ...{ victim: ALL_NODES, attacker: null, mac: 0, words: 'of ever new routers' },
    })
    return true
  }

  /** One router, two cards: virtual routers and captures that show no MAC apart. */
  #tellForged(router: Router, packet: Packet, lifetime: number): void {
    const { sourceMac } = packet
    if (sourceMac === 0 || router.mac === 0 || isVirtual(sourceMac) || isVirtual(router.mac)) return
    // Whichever card kills the router is not the router's.
    const mac = lifetime > 0 && router.lifetime === 0 ? router.mac : sourceMac
    this.#tell(packet, {
      kind: 'spoofing.router-advertisement',
      severity: lifetime === 0 || router.lifetime === 0 ? 6 : 5,
      victim: router.text,
      attacker: this.#ownAddress(mac, packet.vlan),
      mac,
      words: `in the name of ${router.text} from another card than before${lifetime === 0 ? ', to end its service' : ''}`,
    })
  }

  /** A resolver is one host (RFC 8106 §5.1). */
  #tellGroup(packet: Packet): void {
    const { sourceMac: mac, vlan } = packet
    const text = sourceAddress(packet)
    this.#tell(packet, {
      ...{ kind: 'spoofing.router-advertisement', severity: 4, victim: ALL_NODES, mac },
      attacker: this.#ownAddress(mac, vlan) ?? text,
      words: `of ${text}, which names a group of hosts as the resolver`,
    })
  }

  #noteDeath(router: Router, packet: Packet): void {
    const nowUs = packet.timestampUs
    if (Math.abs(nowUs - router.deathsSinceUs) > KILLS_WITHIN_US) {
      router.deaths = 0
      router.deathsSinceUs = nowUs
    }
    router.deaths += 1
    if (router.deaths < KILLS) return
    this.#tell(packet, {
      kind: 'spoofing.router-advertisement',
      severity: 5,
      victim: router.text,
      attacker: null,
      mac: router.mac,
      words: `that end the service of ${router.text} though it goes on`,
    })
  }

  /**
   * No other router was heard, but this one claims high preference and says so every few seconds: honest ones wait
   * for minutes once they have said so three times.
   */
  #judgeHaste(router: Router, packet: Packet): void {
    const { count, firstUs, isPreferred, text, mac, vlan } = router
    if (!isPreferred || count < MIN_HASTE) return
    if (packet.timestampUs - firstUs > HASTY_GAP_US * (count - 1)) return
    this.#tell(packet, {
      kind: 'spoofing.router-advertisement',
      severity: 4,
      victim: ALL_NODES,
      attacker: this.#ownAddress(mac, vlan) ?? text,
      mac,
      words: `of ${text}, which claims high preference and repeats itself every few seconds`,
    })
  }

  #compare(router: Router, packet: Packet): void {
    for (const other of this.#routers.values()) {
      if (other === router || other.vlan !== router.vlan || other.lifetime === 0) continue
      if (other.firstUs > router.firstUs || other.offer === router.offer) continue
      const isPushy = router.isPreferred && !other.isPreferred
      this.#tell(packet, {
        kind: 'spoofing.router-advertisement',
        severity: isPushy ? 5 : PLAIN,
        victim: other.text,
        attacker: this.#ownAddress(router.mac, router.vlan) ?? router.text,
        mac: router.mac,
        words: `of a second router, ${router.text}, with ${isPushy ? 'high preference and ' : ''}another network or resolver than ${other.text}`,
      })
      return
    }
  }

  #ownAddress(mac: number, vlan: number): string | null {
    return this.#neighbours.stationOf(mac, vlan)?.honestAddress() ?? null
  }

  #tell(
    packet: Packet,
    found: Pick<False, 'kind' | 'severity' | 'victim' | 'attacker' | 'mac' | 'words'>,
  ): void {
    const nowUs = packet.timestampUs
    const own = pairKey(found.mac, packet.vlan, 9)
    const isCrowd = this.#stories.get(own) === undefined && this.#isOneOfMany(found, packet)
    const key = isCrowd ? pairKey(0, packet.vlan, 10) : own
    let row = this.#stories.get(key)
    if (row === undefined || row.severity < found.severity) {
      const past = {
        firstUs: row?.firstUs ?? nowUs,
        count: row?.count ?? 0,
        story: row?.story ?? null,
      }
      const named = isCrowd ? { ...found, attacker: null } : found
      row = this.#stories.add(key, { ...named, ...past, lastUs: nowUs })
    }
    row.lastUs = Math.max(row.lastUs, nowUs)
    row.count += 1
    this.#stories.tell(row, nowUs)
  }

  /** A link has few plain second routers; what is more is a flood, and one story. */
  #isOneOfMany({ severity }: Pick<False, 'severity'>, packet: Packet): boolean {
    if (severity > PLAIN) return false
    const crowd = this.#crowds.get(packet.vlan) ?? { lastUs: packet.timestampUs, cards: 0 }
    if (crowd.cards === 0) this.#crowds.set(packet.vlan, crowd)
    crowd.lastUs = Math.max(crowd.lastUs, packet.timestampUs)
    crowd.cards += 1
    return crowd.cards > FEW_ROUTERS
  }
}

function openRouter(packet: Packet, lifetime: number): Router {
  const nowUs = packet.timestampUs
  return {
    text: sourceAddress(packet),
    vlan: packet.vlan,
    mac: packet.sourceMac,
    firstUs: nowUs,
    lastUs: nowUs,
    lifetime,
    isPreferred: isPreferred(packet),
    offer: offerOf(packet),
    count: 1,
    deaths: 0,
    deathsSinceUs: -Infinity,
  }
}

/** Two bits: 01 is high (RFC 4191 §2.1). */
function isPreferred(packet: Packet): boolean {
  return ((packet.icmpIdentifier >>> 3) & 3) === 1
}

/** Hashes prefixes and resolvers, in whatever order they come; times left out, since they run down. */
function offerOf(packet: Packet): number {
  const { buffer } = packet
  let offer = 0
  for (let at = optionsAt(packet); at > 0; at = optionAfter(packet, at)) {
    const length = buffer[at + 1]! * 8
    const from = buffer[at] === PREFIX ? 16 : buffer[at] === RDNSS ? RESOLVERS_AT : length
    let hash = from < length ? buffer[at]! : 0
    for (let place = at + from; place < at + length; place += 1) hash = mix(hash, buffer[place]!)
    offer ^= hash
  }
  return offer
}

function namesGroupAsResolver(packet: Packet): boolean {
  const { buffer } = packet
  for (let at = optionsAt(packet); at > 0; at = optionAfter(packet, at)) {
    const isLong = buffer[at + 1]! > RESOLVERS_AT / 8
    if (buffer[at] === RDNSS && isLong && buffer[at + RESOLVERS_AT] === MULTICAST) return true
  }
  return false
}

/** Where the first option begins; 0 where none is captured whole. */
const optionsAt = (packet: Packet): number => wholeOption(packet, packet.payloadOffset + OPTIONS_AT)

const optionAfter = (packet: Packet, at: number): number =>
  wholeOption(packet, at + packet.buffer[at + 1]! * 8)

function wholeOption({ buffer, payloadOffset, payloadCaptured }: Packet, at: number): number {
  const end = payloadOffset + payloadCaptured
  if (at + 8 > end) return 0
  const length = buffer[at + 1]! * 8
  return length === 0 || at + length > end ? 0 : at
}

const nameOf = (mac: number): string => (mac === 0 ? 'many cards' : formatMac(mac))

function tell(row: False): Telling {
  return {
    kind: row.kind,
    severity: row.severity,
    confidence: row.severity < 4 ? 0.3 : confidenceOf(0.75, row.count - 1, 3),
    attacker: row.attacker,
    victims: [row.victim],
    summary: `${counted(row.count, 'router advertisement')} in ${spanOf(row.lastUs - row.firstUs)} by ${nameOf(row.mac)} ${row.words}`,
    reasons: [
      { feature: 'falseAdvertisements', value: row.count, baseline: 0, weight: 0.7 },
      { feature: 'mac', value: nameOf(row.mac), baseline: null, weight: 0.3 },
    ],
    mitre: ['T1557'],
  }
}
