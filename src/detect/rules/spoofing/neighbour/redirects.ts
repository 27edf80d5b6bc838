/**
 * Detects forged redirects: "send it through me instead", in the name of the router (ICMP 5, ICMPv6 137).
 *
 * An honest router redirects to another router, under its own MAC. A forgery bears the router's address and
 * the MAC of another card, mostly of the one that the traffic is to go through. A redirect that may well be
 * honest is only noted.
 * Source: RFC 1122 §3.2.2.2, RFC 4861 §8; ettercap's icmp mode, thc-ipv6 redir6.
 */
import { readInt32 } from '../../../../decode/index.ts'
import type { Packet } from '../../../../decode/packet.ts'
import { formatIpv4Word, formatIpv6Words } from '../../../../net/address.ts'
import { IpProtocol } from '../../../../net/protocol.ts'
import type { Detector, Emit, Memory } from '../../../detector.ts'
import { destinationHash, ipv4Hash, ipv6Hash, sourceHash } from '../../state/packet-address.ts'
import { destinationAddress, sourceAddress } from '../../state/packet-address.ts'
import { pairKey } from '../../state/pair-key.ts'
import type { Story } from '../../state/story.ts'
import { confidenceOf, counted, spanOf } from '../../state/wording.ts'
import type { RouterSpoofingConfig } from '../config.ts'
import type { Stories } from '../../state/stories.ts'
import { type Telling } from '../../state/stories.ts'
import { spoofingStories } from '../spoofing-stories.ts'
import { formatMac, isVirtual } from './mac.ts'
import type { Neighbours } from './neighbours.ts'

const REDIRECT = 5
const REDIRECT_V6 = 137
/** The first ten bits of fe80::/10. */
const LINK_LOCAL = 0x3fa
const MAX_STORIES = 512

interface Redirected {
  readonly firstUs: number
  lastUs: number
  count: number
  story: Story | null
  readonly router: string
  readonly victim: string
  readonly through: string
  readonly mac: number
  isForged: boolean
  attacker: string | null
}

export class Redirects implements Detector {
  readonly name = 'redirects'
  readonly watches = ['icmp'] as const
  readonly memories: readonly Memory[]
  readonly #neighbours: Neighbours
  readonly #stories: Stories<Redirected>
  readonly #words = new Int32Array(4)

  constructor(config: RouterSpoofingConfig, neighbours: Neighbours, emit: Emit) {
    this.#neighbours = neighbours
    this.#stories = spoofingStories(this.name, config, { cap: MAX_STORIES, emit, tell })
    this.memories = [this.#stories]
  }

  packet(packet: Packet): void {
    if (packet.protocol === IpProtocol.ICMP) {
      if (packet.sourcePort === REDIRECT && quotesVictim(packet)) {
        this.#note(packet, this.#ipv4Target(packet))
      }
    } else if (packet.sourcePort === REDIRECT_V6) {
      if (packet.ttl === 255 && packet.payloadCaptured >= 32)
        this.#note(packet, this.#ipv6Target(packet))
    }
  }

  #note(packet: Packet, target: number): void {
    if (packet.malformed !== 0) return
    const nowUs = packet.timestampUs
    const isForged = this.#isForged(packet, target)
    const attacker = isForged ? this.#bearer(packet, target) : null
    // Where nobody can be named it is one story of the host that is told, in whosever name.
    const key =
      attacker === null
        ? pairKey(destinationHash(packet), 0, isForged ? 7 : 8)
        : pairKey(packet.sourceMac ^ sourceHash(packet), destinationHash(packet), 6)
    const row = this.#stories.get(key) ?? this.#stories.add(key, this.#open(packet))
    row.lastUs = Math.max(row.lastUs, nowUs)
    row.count += 1
    row.isForged ||= isForged
    row.attacker ??= attacker
    this.#stories.tell(row, nowUs)
  }

  #isForged(packet: Packet, target: number): boolean {
    const { sourceMac, vlan } = packet
    // RFC 4861 §8.1: routers redirect under their link-local address, and under no other.
    if (packet.ipVersion === 6 && packet.source0 >>> 22 !== LINK_LOCAL) return true
    if (sourceMac === 0 || isVirtual(sourceMac)) return false
    const router = this.#neighbours.bearersOf(sourceHash(packet), vlan)
    if (router?.bears(sourceMac) === true) return false
    if (router?.isHeard === true) return !router.macs.some(isVirtual)
    const through = this.#neighbours.bearersOf(target, vlan)
    return target !== sourceHash(packet) && through?.bears(sourceMac) === true
  }

  /** The card's own address; where that is forged as well, the address the traffic is to go through, if anybody bears it. */
  #bearer(packet: Packet, target: number): string | null {
    const through = this.#neighbours.bearersOf(target, packet.vlan)
    const router = this.#neighbours.bearersOf(sourceHash(packet), packet.vlan)
    if (router?.bears(packet.sourceMac) === true) return through?.text ?? null
    const own = this.#neighbours.stationOf(packet.sourceMac, packet.vlan)?.honestAddress()
    return own ?? through?.text ?? null
  }

  #open(packet: Packet): Redirected {
    const nowUs = packet.timestampUs
    const [word0, word1, word2, word3] = this.#words
    return {
      firstUs: nowUs,
      lastUs: nowUs,
      count: 0,
      story: null,
      router: sourceAddress(packet),
      victim: destinationAddress(packet),
      through:
        packet.ipVersion === 4
          ? formatIpv4Word(word3!)
          : formatIpv6Words(word0!, word1!, word2!, word3!),
      mac: packet.sourceMac,
      isForged: false,
      attacker: null,
    }
  }

  /** The new router stands where other ICMP messages have their identifier. */
  #ipv4Target(packet: Packet): number {
    this.#words[3] = readInt32(packet.buffer, packet.payloadOffset - 4)
    return ipv4Hash(this.#words[3])
  }

  #ipv6Target(packet: Packet): number {
    for (let word = 0; word < 4; word += 1) {
      this.#words[word] = readInt32(packet.buffer, packet.payloadOffset + 4 * word)
    }
    return ipv6Hash(this.#words)
  }
}

/** RFC 792: a redirect quotes the packet it is about, which whom it is sent to had sent; garbage does not. */
function quotesVictim(packet: Packet): boolean {
  const { buffer, payloadOffset, payloadCaptured } = packet
  if (payloadCaptured < 20 || buffer[payloadOffset]! >>> 4 !== 4) return false
  return readInt32(buffer, payloadOffset + 12) === (packet.destination3 | 0)
}

function tell(row: Redirected): Telling {
  const { router, victim, through, count, isForged, attacker } = row
  const sent = `${counted(count, 'redirect')} to ${victim} in ${spanOf(row.lastUs - row.firstUs)} in the name of ${router}, first to ${through}`
  return {
    kind: 'spoofing.icmp-redirect',
    severity: isForged ? 6 : 3,
    confidence: isForged ? confidenceOf(0.85, count - 1, 4) : 0.4,
    attacker: isForged ? attacker : null,
    victims: isForged ? [victim, router] : [victim],
    summary: isForged
      ? `${sent}; sent by ${formatMac(row.mac)}, as no router sends it`
      : `${sent}; routers send them where two stand on one link`,
    reasons: [
      { feature: 'redirects', value: count, baseline: 0, weight: 0.5 },
      { feature: 'mac', value: formatMac(row.mac), baseline: null, weight: 0.5 },
    ],
    mitre: ['T1557'],
  }
}
