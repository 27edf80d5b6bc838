/** A host, or a multicast group, that gets too many packets of a kind that is rare in honest traffic. */
import type { Packet } from '../../../../decode/packet.ts'
import type { Detection } from '../../../detection.ts'
import { destinationAddress, sourceAddress, sourceHash } from '../../state/packet-address.ts'
import type { Story } from '../../state/story.ts'
import { claimOf } from '../../state/watch/claim.ts'
import type { Watched } from '../../state/watch/watched-hosts.ts'
import { confidenceOf, counted, spanOf } from '../../state/wording.ts'
import { Tally } from './tally.ts'
import type { DetectorName, Kind } from '../../../told-names.ts'

/** Packets a second from which a flood by many is severe beyond doubt. */
const SEVERE_RATE = 1000

/**
 * Hosts of one link that start together say as much as a small flood, each a little: more than the one message a
 * made-up host has, and no more than this.
 */
const CROWD = { leastSources: 9, leastEach: 2, mostEach: 40 } as const
/** So many times the threshold no crowd of one link reaches. */
const CROWD_FACTOR = 10

/** What floods, and from how much on. */
export interface Stuff {
  readonly kind: Kind
  readonly detector: DetectorName
  /** As counted in the summary: `ICMP message`. */
  readonly noun: string
  /** Packets within ten seconds. */
  readonly minPackets: number
  /** Packets within one second that are as telling, where nothing honest comes in such bursts. */
  readonly minBurst?: number
  readonly mitre: readonly string[]
  /** Where one known host may send so much on purpose, or as an answer to what the "victim" did. */
  readonly maxSeverity: number
  /** It goes to a whole network, and its answers to whose name it bears: that one is the victim. */
  readonly isReflected?: boolean
  /** Every host of a link says some of it when it starts. */
  readonly isOfAll?: boolean
}

export class PacketVictim implements Watched {
  story: Story | null = null
  readonly #stuff: Stuff
  readonly #tally = new Tally()
  readonly #address: string

  constructor(stuff: Stuff, packet: Packet) {
    this.#stuff = stuff
    this.#address = stuff.isReflected === true ? sourceAddress(packet) : destinationAddress(packet)
  }

  get lastUs(): number {
    return this.#tally.lastUs
  }

  get count(): number {
    return this.#tally.count
  }

  add(packet: Packet): void {
    this.#tally.add(sourceHash(packet), packet.timestampUs, packet, sourceAddress)
  }

  isAttacked(nowUs: number): boolean {
    const recent = this.#tally.recent(nowUs)
    if (recent < this.#stuff.minPackets && !this.#isBurst(nowUs)) return false
    return recent >= this.#stuff.minPackets * CROWD_FACTOR || !this.#isCrowd
  }

  #isBurst(nowUs: number): boolean {
    const { minBurst } = this.#stuff
    return minBurst !== undefined && this.#tally.peak(nowUs) >= minBurst
  }

  get #isCrowd(): boolean {
    if (this.#stuff.isOfAll !== true) return false
    const sources = this.#tally.distinctSources
    const each = this.#tally.count / sources
    const { leastSources, leastEach, mostEach } = CROWD
    return sources >= leastSources && each >= leastEach && each <= mostEach
  }

  begin(nowUs: number): Story {
    const story = this.#tally.begin(nowUs)
    story.addVictim(this.#address)
    return story
  }

  restart(nowUs: number): void {
    this.#tally.restart(nowUs)
  }

  tell(story: Story, isFinal: boolean): Detection {
    const { kind, detector, noun, minPackets, mitre, maxSeverity, isReflected } = this.#stuff
    const tally = this.#tally
    const attacker = this.#attacker()
    const sources = tally.distinctSources
    const rate = tally.peak(tally.lastUs)
    const isSevere = rate >= SEVERE_RATE && attacker === null
    const from =
      isReflected === true
        ? 'to a whole network in the name of'
        : `from ${attacker ?? `about ${counted(sources, 'source')}`} to`
    return claimOf(
      story,
      {
        ...{ detector, kind, family: isReflected === true ? 'amplification' : 'flood' },
        ...{ attacker, mitre },
        severity: Math.min(maxSeverity, isSevere ? 7 : rate >= SEVERE_RATE ? 6 : 5),
        confidence: confidenceOf(0.75, tally.count - minPackets, minPackets),
        count: tally.count,
        summary: `${counted(tally.count, noun)} ${from} ${this.#address} in ${spanOf(story.lastUs - story.firstUs)}`,
        reasons: [
          { feature: 'packetsPerSecond', value: rate, baseline: minPackets / 10, weight: 0.7 },
          { feature: 'distinctSources', value: sources, baseline: null, weight: 0.3 },
        ],
      },
      isFinal,
    )
  }

  /** Null also where the name is one that no host bears: a group's, or the victim's own. */
  #attacker(): string | null {
    if (this.#stuff.isReflected === true) return null
    const attacker = this.#tally.attacker()
    return attacker === null || attacker === this.#address || isGroup(attacker) ? null : attacker
  }
}

/** Multicast and broadcast addresses, which nothing comes from. */
const isGroup = (address: string): boolean => /^(?:ff|22[4-9]\.|23\d\.|255\.)/.test(address)
