/**
 * Detects floods of tunnelled packets: GRE, IP in IP and the like, sent to a host that ends no such tunnel, with
 * made-up packets inside (Mirai's greip and greeth).
 *
 * What is inside is nobody's conversation: nearly every packet is between other ends than those before it, both of them
 * from all over the address space, and nothing comes back. An honest tunnel carries what goes to and fro between the
 * same ends, and one of its sides is a few networks.
 * Left out: tunnels that carry the same packet over and over, which is told of what is inside; a mirror of ports
 * (ERSPAN) that carries somebody's flood looks the same, and is one.
 * Source: Antonakakis et al., Understanding the Mirai Botnet (USENIX Security 2017), §5.3.
 */
import { PacketKind, Tunnel, type Packet } from '../../../../decode/packet.ts'
import type { Detection } from '../../../detection.ts'
import type { Detector, Emit, Memory } from '../../../detector.ts'
import {
  destinationHash,
  outerDestinationAddress,
  outerDestinationHash,
  outerSourceAddress,
  outerSourceHash,
  sourceHash,
} from '../../state/packet-address.ts'
import { mix } from '../../state/pair-key.ts'
import type { Story } from '../../state/story.ts'
import { claimOf } from '../../state/watch/claim.ts'
import { HostRates } from '../../state/watch/host-rates.ts'
import { WatchedHosts, type Watched } from '../../state/watch/watched-hosts.ts'
import { confidenceOf, counted, spanOf } from '../../state/wording.ts'
import type { TunnelFloodConfig } from '../config.ts'
import { Tally } from './tally.ts'

/** Packets within two seconds from which a host is watched. */
const WATCH_FROM = 80
/** Pairs of inner ends that are remembered of a host; a power of two. */
const PAIRS = 8192
/** Of made-up packets so many are between ends that were not met before. */
const MIN_NEW_SHARE = 0.9
/** Of 256 parts of the address space so many are met, among the sources inside and among the destinations. */
const MIN_PARTS = 64
/** A tunnel's end sends back about as much as it gets. */
const MAX_REPLIED_SHARE = 0.1
/** Packets a second from which a flood by many is severe beyond doubt. */
const SEVERE_RATE = 1000

export class TunnelFlood implements Detector {
  readonly name = 'tunnel-flood'
  readonly watches = ['tcp-bare', 'tcp-payload', 'udp', 'icmp', 'other'] as const
  readonly memories: readonly Memory[]
  readonly #config: TunnelFloodConfig
  readonly #rates = new HostRates()
  readonly #victims: WatchedHosts<TunnelVictim>

  constructor(config: TunnelFloodConfig, emit: Emit) {
    this.#config = config
    this.#victims = new WatchedHosts(config.maxVictims, emit)
    this.memories = [this.#victims]
  }

  packet(packet: Packet): void {
    if (packet.tunnel === Tunnel.NONE || packet.kind !== PacketKind.IP) return
    const key = outerDestinationHash(packet)
    let victim = this.#victims.get(key)
    if (victim === undefined) {
      if (this.#rates.count(key, packet.timestampUs) < WATCH_FROM) return
      victim = this.#victims.watch(
        key,
        new TunnelVictim(this.#config, outerDestinationAddress(packet)),
      )
    }
    victim.add(packet)
    this.#victims.get(outerSourceHash(packet))?.replies()
    this.#victims.noted(victim, packet.timestampUs)
  }
}

class TunnelVictim implements Watched {
  story: Story | null = null
  readonly #config: TunnelFloodConfig
  readonly #address: string
  readonly #tally = new Tally()
  readonly #pairs = new Int32Array(PAIRS)
  #newPairs = 0
  readonly #sources = new Parts()
  readonly #destinations = new Parts()
  #replies = 0

  constructor(config: TunnelFloodConfig, address: string) {
    this.#config = config
    this.#address = address
  }

  get lastUs(): number {
    return this.#tally.lastUs
  }

  get count(): number {
    return this.#tally.count
  }

  add(packet: Packet): void {
    const source = outerSourceHash(packet)
    this.#tally.add(source, packet.timestampUs, packet, outerSourceAddress)
    this.#sources.add(packet.source0, packet.source1, packet.source3, packet.ipVersion)
    const { destination0, destination1, destination3 } = packet
    this.#destinations.add(destination0, destination1, destination3, packet.ipVersion)
    const pair = mix(sourceHash(packet), destinationHash(packet))
    if (this.#pairs[pair & (PAIRS - 1)] === pair) return
    this.#pairs[pair & (PAIRS - 1)] = pair
    this.#newPairs += 1
  }

  /** The host sent something into a tunnel itself. */
  replies(): void {
    this.#replies += 1
  }

  isAttacked(nowUs: number): boolean {
    if (this.#tally.recent(nowUs) < this.#config.minPackets) return false
    if (this.#replies > this.count * MAX_REPLIED_SHARE) return false
    if (this.#newPairs < this.count * MIN_NEW_SHARE) return false
    return this.#sources.met >= MIN_PARTS && this.#destinations.met >= MIN_PARTS
  }

  begin(nowUs: number): Story {
    const story = this.#tally.begin(nowUs)
    story.addVictim(this.#address)
    return story
  }

  restart(nowUs: number): void {
    if (!this.#tally.restart(nowUs)) return
    this.#newPairs = 0
    this.#sources.restart()
    this.#destinations.restart()
    this.#replies = 0
  }

  tell(story: Story, isFinal: boolean): Detection {
    const { count, distinctSources: sources } = this.#tally
    const { minPackets } = this.#config
    const attacker = this.#tally.attacker()
    const rate = this.#tally.peak(this.#tally.lastUs)
    const isSevere = rate >= SEVERE_RATE && attacker === null
    const from = attacker ?? `about ${counted(sources, 'source')}`
    return claimOf(
      story,
      {
        ...{ detector: 'tunnel-flood', kind: 'flood.tunnel', family: 'flood', attacker },
        severity: isSevere ? 7 : rate >= SEVERE_RATE ? 6 : 5,
        confidence: confidenceOf(0.75, count - minPackets, minPackets),
        count,
        summary: `${counted(count, 'tunnelled packet')} from ${from} to ${this.#address} in ${spanOf(story.lastUs - story.firstUs)}, hardly two of them between the same ends`,
        reasons: [
          { feature: 'packetsPerSecond', value: rate, baseline: minPackets / 10, weight: 0.5 },
          {
            feature: 'newPairShare',
            value: Number((this.#newPairs / count).toFixed(2)),
            baseline: MIN_NEW_SHARE,
            weight: 0.3,
          },
          { feature: 'distinctSources', value: sources, baseline: null, weight: 0.2 },
        ],
        mitre: ['T1498.001'],
      },
      isFinal,
    )
  }
}

/** How many of 256 parts of the address space were met: of IPv4 by the first octet, of IPv6 by the first 64 bits. */
class Parts {
  readonly #isMet = new Uint8Array(256)
  met = 0

  add(word0: number, word1: number, word3: number, ipVersion: number): void {
    const part = ipVersion === 4 ? word3 >>> 24 : mix(word0, word1) & 255
    this.met += 1 - this.#isMet[part]!
    this.#isMet[part] = 1
  }

  restart(): void {
    this.#isMet.fill(0)
    this.met = 0
  }
}
