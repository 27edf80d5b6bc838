/** A host to which flows of one class open that nothing becomes of, or to which one stream never ends. */
import type { Packet } from '../../../../../decode/packet.ts'
import type { LiveFlow } from '../../../../../flow/flow.ts'
import type { Detection } from '../../../../detection.ts'
import { SERVICE_OF_PORT } from '../../../state/amplifiers.ts'
import { DistinctCount } from '../../../state/tables/distinct-count.ts'
import { originatorAddress, sourceAddress, sourceHash } from '../../../state/packet-address.ts'
import { mix } from '../../../state/pair-key.ts'
import { MAX_FLOWS, type Story } from '../../../state/story.ts'
import { claimOf } from '../../../state/watch/claim.ts'
import { Majority } from '../../../state/watch/majority.ts'
import { FateSample } from '../../../state/watch/fate-sample.ts'
import type { Watched } from '../../../state/watch/watched-hosts.ts'
import { confidenceOf, counted, spanOf } from '../../../state/wording.ts'
import type { StrayFloodConfig } from '../../config.ts'
import { SteadyStream } from '../steady-stream.ts'
import { OTHER, RST, STRAY_CLASSES, UDP } from './stray-class.ts'
import { Tally } from '../tally.ts'

/** Whose flows are answered, or go on, in more than this share is in conversation. */
const MAX_ALIVE = 0.3

/**
 * This share of ten seconds' flows is as telling within one second, where it is of segments of no connection and next to
 * nothing becomes of them. Resets come in bursts honestly, to whoever breaks off his connections.
 */
const BURST_SHARE = 0.2
const BURST_ALIVE = 0.05
/** So do datagrams, but not from ever new ports, all of one length, and longer than what clocks and counters say. */
const DATAGRAM_BURST_SHARE = 0.3
const BURST_BYTES = 100

/** A scan spreads over ports; a flood puts more than this many flows on each, or comes from many, or is large. */
const FLOWS_PER_PORT = 20
const MANY_SOURCES = 64
const LARGE_BYTES = 200

/**
 * One service asked by datagrams that it never answers is a collector of logs or counters, or is seen from
 * one side; these get this many a second at most where one host sends, or many do.
 */
const FEW_PORTS = 3
const STRANGERS = 0.9
const LONG_BYTES = 500
const COLLECTOR_PEAK = 500
const SERVICE_PEAK = 1000

/** From so many hosts on, answers of one amplifier's port are a reflection, which is told as such. */
const MIN_REFLECTORS = 10
const REFLECTED_SHARE = 0.8

/**
 * Servers that are made to answer in somebody's name do so from the one port of their service, each many times,
 * and at length, or to as many ports as were made up; forged sources hardly come twice.
 */
const ONE_PORT = 0.8
const TIMES_EACH = 3
const ANSWER_BYTES = 200
const MADE_UP_PORTS = 256

/** Resets out of so many well-known ports of one host to a few high ones of another: it refuses a scan. */
const REFUSING_PORTS = 6
const FEW_ASKING_PORTS = 4

/** What is told more closely as something else is not told again, unless it is less than so much of it all. */
const TOLD_SHARE = 0.5

const SEVERE_RATE = 1000

/** Says how many of a host's flows were told of as a flood of questions. */
export type ToldElsewhere = () => number

export class StrayVictim implements Watched {
  story: Story | null = null
  readonly fates = new FateSample()
  readonly stream: SteadyStream
  /** Flows in which the host spoke back. */
  answered = 0
  readonly #class: number
  readonly #address: string
  readonly #config: StrayFloodConfig
  readonly #toldElsewhere: ToldElsewhere
  readonly #flows = new Tally()
  readonly #packets = new Tally()
  /** The port that most packets come from. */
  readonly #from = new Majority()
  #ports = new DistinctCount()
  #payloadBytes = 0
  /** What each opening carries; -1 where they differ. */
  #payloadEach = 0
  /** Of all packets, flows' openings and others. */
  #packetBytes = 0
  #reflected = 0
  /** As the story was told the last time. */
  #ofMany = false
  /** Well-known ports that resets come from. */
  #refusing = new DistinctCount()

  constructor(
    strayClass: number,
    address: string,
    config: StrayFloodConfig,
    toldElsewhere: ToldElsewhere,
  ) {
    this.#toldElsewhere = toldElsewhere
    this.#class = strayClass
    this.#address = address
    this.#config = config
    this.stream = new SteadyStream(config.minSteadyPackets)
  }

  get lastUs(): number {
    return Math.max(this.#flows.lastUs, this.#packets.lastUs)
  }

  get count(): number {
    return Math.max(this.#flows.count, this.#packets.count)
  }

  opened(flow: LiveFlow, source: number): void {
    this.#flows.add(source, flow.startUs, flow, originatorAddress)
    this.#ports.add(mix(7, flow.responderPort))
    if (this.#class === RST && flow.originatorPort < 1024 && flow.responderPort >= 1024) {
      this.#refusing.add(flow.originatorPort)
    }
    this.#payloadBytes += flow.openingPayloadBytes
    if (this.#flows.count === 1) this.#payloadEach = flow.openingPayloadBytes
    else if (this.#payloadEach !== flow.openingPayloadBytes) this.#payloadEach = -1
    if (SERVICE_OF_PORT[flow.originatorPort] !== 0) this.#reflected += 1
    if (this.story !== null && this.story.flows.size < MAX_FLOWS) this.story.addFlow(flow)
  }

  packet(packet: Packet): void {
    this.#packets.add(sourceHash(packet), packet.timestampUs, packet, sourceAddress)
    this.#packetBytes += packet.payloadLength
    this.#from.add(mix(5, packet.sourcePort), packet.sourcePort, String)
    this.stream.packet(packet)
  }

  /** Of many senders, as was told, and of flows enough to name. */
  get isFloodOfMany(): boolean {
    return this.story !== null && this.#ofMany && this.story.flows.size >= MAX_FLOWS
  }

  isAttacked(nowUs: number): boolean {
    if (this.#isReflected() || this.#isRefusedScan || this.#isToldElsewhere) return false
    if (this.stream.isFlood(nowUs) || this.#isSpreadFlood(nowUs)) return true
    return this.#isUnlisted && this.#packets.peak(nowUs) >= SERVICE_PEAK && this.#isUnheard(nowUs)
  }

  begin(nowUs: number): Story {
    const { recent } = this.#fuller(nowUs)
    const story = recent.begin(nowUs)
    story.addVictim(this.#address)
    return story
  }

  restart(nowUs: number): void {
    if (this.#packets.restart(nowUs)) {
      this.#packetBytes = 0
      this.#from.restart()
    }
    if (!this.#flows.restart(nowUs)) return
    this.#ports = new DistinctCount()
    this.#refusing = new DistinctCount()
    this.#payloadBytes = 0
    this.#ofMany = false
    this.#reflected = 0
    this.answered = 0
    this.fates.restart()
  }

  tell(story: Story, isFinal: boolean): Detection {
    const { kind: floodKind, noun } = STRAY_CLASSES[this.#class]!
    const isUnlisted = this.#isUnlisted
    const kind = isUnlisted ? 'amplification.udp' : floodKind
    const family = isUnlisted ? 'amplification' : 'flood'
    const { recent } = this.#fuller(this.lastUs)
    const attacker = isUnlisted ? null : recent.attacker()
    const sources = recent.distinctSources
    this.#ofMany = sources >= MANY_SOURCES
    const rate = recent.peak(this.lastUs)
    const port = isUnlisted ? `, all from port ${this.#from.name}` : ''
    const from = `${attacker ?? `about ${counted(sources, 'source')}`}${port}`
    const what = recent === this.#flows ? noun : this.#class === UDP ? 'UDP datagram' : noun
    const isSevere = rate >= SEVERE_RATE && sources >= MANY_SOURCES
    return claimOf(
      story,
      {
        ...{ detector: 'stray-flood', kind, family, attacker },
        severity: isSevere ? 7 : rate >= SEVERE_RATE ? 6 : 5,
        confidence: confidenceOf(0.7, recent.count - this.#config.minFlows, 2000),
        count: this.count,
        summary: `${counted(recent.count, what)} to ${this.#address} from ${from} in ${spanOf(story.lastUs - story.firstUs)}, hardly any answered`,
        reasons: [
          { feature: 'packetsPerSecond', value: rate, baseline: null, weight: 0.4 },
          {
            feature: 'shareAlive',
            value: Math.round(this.#shareAlive(this.lastUs) * 1000) / 1000,
            baseline: MAX_ALIVE,
            weight: 0.3,
          },
          { feature: 'distinctSources', value: sources, baseline: null, weight: 0.2 },
          { feature: 'distinctPorts', value: this.#ports.value, baseline: null, weight: 0.1 },
        ],
        mitre: [isUnlisted ? 'T1498.002' : 'T1498.001'],
      },
      isFinal,
    )
  }

  get #isToldElsewhere(): boolean {
    return this.#class === UDP && this.#toldElsewhere() >= Math.max(1, this.count) * TOLD_SHARE
  }

  #isSpreadFlood(nowUs: number): boolean {
    const flows = this.#flows
    const isMany = flows.recent(nowUs) >= this.#config.minFlows
    if (!isMany && !this.#isBurst(nowUs)) return false
    if (this.#shareAlive(nowUs) > MAX_ALIVE) return false
    const sources = flows.sources.value
    const ports = this.#ports.value
    if (this.#class === UDP && ports <= FEW_PORTS) {
      if (this.#isOfStrangers) return true
      if (!isMany) return sources === 1 || sources >= flows.count * STRANGERS
      return flows.peak(nowUs) >= (sources === 1 ? COLLECTOR_PEAK : SERVICE_PEAK)
    }
    if (flows.count >= ports * FLOWS_PER_PORT || sources >= MANY_SOURCES) return true
    return this.#payloadBytes >= flows.count * LARGE_BYTES
  }

  #isBurst(nowUs: number): boolean {
    if (this.#class === RST || this.#class === OTHER) return false
    if (this.#class === UDP && this.#payloadEach < BURST_BYTES) return false
    const share = this.#class === UDP ? DATAGRAM_BURST_SHARE : BURST_SHARE
    if (this.#flows.peak(nowUs) < this.#config.minFlows * share) return false
    return this.#shareAlive(nowUs) <= BURST_ALIVE
  }

  /** Each from another, and too long for a line of a log: clients of a service that is seen from one side say more. */
  get #isOfStrangers(): boolean {
    const { count, sources } = this.#flows
    if (sources.value < count * STRANGERS) return false
    return this.#payloadBytes >= count * LONG_BYTES
  }

  #shareAlive(nowUs: number): number {
    return Math.max(this.answered / Math.max(1, this.#flows.count), this.fates.share(nowUs))
  }

  /** Answers of amplifiers, from many. */
  #isReflected(): boolean {
    const { count, sources } = this.#flows
    return (
      this.#reflected >= count * REFLECTED_SHARE && count > 0 && sources.value >= MIN_REFLECTORS
    )
  }

  /** The host asked for it: only the answers to its scan are seen, and they are told as that. */
  get #isRefusedScan(): boolean {
    const isOfOne = this.#flows.sources.value === 1 && this.#ports.value <= FEW_ASKING_PORTS
    return isOfOne && this.#refusing.value >= REFUSING_PORTS
  }

  /** Answers of servers that are not known as amplifiers, by how they come. */
  get #isUnlisted(): boolean {
    if (this.#class !== UDP) return false
    const { count, distinctSources } = this.#packets
    if (distinctSources < MIN_REFLECTORS || count < distinctSources * TIMES_EACH) return false
    const isShort = this.#packetBytes < count * ANSWER_BYTES
    if (isShort && this.#ports.value < MADE_UP_PORTS) return false
    return this.#from.holder(count, ONE_PORT) !== null
  }

  /** The host takes no part in it. */
  #isUnheard(nowUs: number): boolean {
    return this.#shareAlive(nowUs) <= MAX_ALIVE && this.stream.isUnanswered(nowUs)
  }

  /** Which of the two tallies shows more of what goes on: flows that open, or packets since it is watched. */
  #fuller(nowUs: number): { readonly recent: Tally } {
    const isFlows = this.#flows.recent(nowUs) >= this.#packets.recent(nowUs)
    return { recent: isFlows ? this.#flows : this.#packets }
  }
}
