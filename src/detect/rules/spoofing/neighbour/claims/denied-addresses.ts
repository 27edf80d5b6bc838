/**
 * Detects denial of new IPv6 addresses: somebody answers each duplicate address detection with "taken".
 *
 * An address that is really taken is refused once, and under its bearer's MAC; what is refused here are
 * several, each of them by another card than the asker's (thc-ipv6 dos-new-ip6; RFC 3756 §4.1.3).
 */
import type { Packet } from '../../../../../decode/packet.ts'
import { IpProtocol } from '../../../../../net/protocol.ts'
import type { Detector, Emit, Memory } from '../../../../detector.ts'
import { pairKey } from '../../../state/pair-key.ts'
import { MAX_VICTIMS, type Story } from '../../../state/story.ts'
import { confidenceOf, counted, listed, spanOf } from '../../../state/wording.ts'
import type { NeighbourSpoofingConfig } from '../../config.ts'
import type { Stories } from '../../../state/stories.ts'
import { type Telling } from '../../../state/stories.ts'
import { spoofingStories } from '../../spoofing-stories.ts'
import { Claim, NEIGHBOUR_ADVERTISEMENT, NEIGHBOUR_SOLICITATION } from './claim.ts'
import { formatMac } from '../mac.ts'
import type { Neighbours } from '../neighbours.ts'

const MAX_PROBES = 1024
const MAX_LINKS = 64
const ANSWER_WITHIN_US = 2e6

interface Probe {
  readonly mac: number
  readonly askedUs: number
}

interface Denial {
  readonly firstUs: number
  lastUs: number
  count: number
  story: Story | null
  readonly denied: Set<string>
  readonly macs: Set<number>
  attacker: string | null
}

export class DeniedAddresses implements Detector {
  readonly name = 'denied-addresses'
  readonly watches = ['icmp'] as const
  readonly memories: readonly Memory[]
  readonly #config: NeighbourSpoofingConfig
  readonly #neighbours: Neighbours
  readonly #claim = new Claim()
  /** By address asked for: who probes for it. The oldest goes first. */
  readonly #probes = new Map<number, Probe>()
  readonly #stories: Stories<Denial>

  constructor(config: NeighbourSpoofingConfig, neighbours: Neighbours, emit: Emit) {
    this.#config = config
    this.#neighbours = neighbours
    this.#stories = spoofingStories(this.name, config, { cap: MAX_LINKS, emit, tell })
    this.memories = [this.#stories]
  }

  packet(packet: Packet): void {
    if (packet.protocol !== IpProtocol.ICMPV6) return
    const type = packet.sourcePort
    if (type !== NEIGHBOUR_SOLICITATION && type !== NEIGHBOUR_ADVERTISEMENT) return
    if (packet.ttl !== 255 || !this.#claim.readNeighbour(packet)) return
    if (type === NEIGHBOUR_ADVERTISEMENT) this.#answer(packet)
    else if (this.#claim.mac === 0) this.#probe(packet)
  }

  #probe(packet: Packet): void {
    const key = pairKey(this.#claim.question, packet.vlan, 4)
    this.#probes.delete(key)
    if (this.#probes.size >= MAX_PROBES) {
      const [oldest] = this.#probes.keys()
      this.#probes.delete(oldest!)
    }
    this.#probes.set(key, { mac: packet.sourceMac, askedUs: packet.timestampUs })
  }

  #answer(packet: Packet): void {
    const claim = this.#claim
    const probe = this.#probes.get(pairKey(claim.address, packet.vlan, 4))
    if (probe === undefined || claim.nowUs - probe.askedUs > ANSWER_WITHIN_US) return
    // Its own announcement, once it has the address.
    if (probe.mac === claim.mac || probe.mac === packet.sourceMac || probe.mac === 0) return
    const { nowUs } = claim
    const denial =
      this.#stories.get(packet.vlan) ?? this.#stories.add(packet.vlan, openDenial(nowUs))
    denial.lastUs = Math.max(denial.lastUs, nowUs)
    denial.count += 1
    if (denial.denied.size < MAX_VICTIMS) denial.denied.add(claim.addressText(packet))
    if (denial.macs.size < MAX_VICTIMS) denial.macs.add(claim.teller)
    denial.attacker = this.#neighbours.stationOf(claim.teller, packet.vlan)?.honestAddress() ?? null
    if (denial.denied.size >= this.#config.minDeniedAddresses) this.#stories.tell(denial, nowUs)
  }
}

function openDenial(nowUs: number): Denial {
  const rest = { denied: new Set<string>(), macs: new Set<number>(), attacker: null }
  return { firstUs: nowUs, lastUs: nowUs, count: 0, story: null, ...rest }
}

function tell(denial: Denial): Telling {
  const denied = [...denial.denied]
  const macs = [...denial.macs].map(formatMac)
  return {
    kind: 'spoofing.neighbour.denial',
    severity: denied.length > 2 ? 6 : 5,
    confidence: confidenceOf(0.8, denied.length - 2, 1),
    attacker: denial.macs.size === 1 ? denial.attacker : null,
    victims: denied,
    summary: `${counted(denied.length, 'new address', 'new addresses')} refused as taken in ${spanOf(denial.lastUs - denial.firstUs)} by ${listed(macs, macs.length)}: ${listed(denied, denied.length)}; whoever comes gets none`,
    reasons: [
      { feature: 'deniedAddresses', value: denied.length, baseline: 1, weight: 0.8 },
      { feature: 'denyingMacs', value: macs.length, baseline: 1, weight: 0.2 },
    ],
    mitre: ['T1499', 'T1557'],
  }
}
