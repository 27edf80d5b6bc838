/**
 * Detects floods laid over a whole network like a carpet, a little to each of its hosts, so that none seems attacked.
 *
 * Watches flows of UDP and SYNs, counted by the network (/24, /48) they go to. Forged senders are ever new; whoever
 * scans is one, or a few. Left out: what is answered or goes on, and floods of replies to what the network asked.
 * Source: RFC 4732; the carpet bombing of 2018 on, as network operators describe it.
 */
import type { LiveFlow } from '../../../../flow/flow.ts'
import { IpProtocol, TcpFlag } from '../../../../net/protocol.ts'
import type { Detection } from '../../../detection.ts'
import type { Detector, Emit, Memory } from '../../../detector.ts'
import { DistinctCount } from '../../state/tables/distinct-count.ts'
import {
  isToMany,
  originatorAddress,
  originatorHash,
  responderHash,
} from '../../state/packet-address.ts'
import { mix } from '../../state/pair-key.ts'
import type { Story } from '../../state/story.ts'
import { claimOf } from '../../state/watch/claim.ts'
import { FateSample } from '../../state/watch/fate-sample.ts'
import { HostRates } from '../../state/watch/host-rates.ts'
import { WatchedHosts, type Watched } from '../../state/watch/watched-hosts.ts'
import { confidenceOf, counted, spanOf } from '../../state/wording.ts'
import type { CarpetFloodConfig } from '../config.ts'
import { Tally } from './tally.ts'

/** Flows within two seconds from which a network is watched. */
const WATCH_FROM = 200
/** Fewer hosts are told one by one. */
const MIN_HOSTS = 32
/** Of so many flows each second or third has a sender of its own. */
const NEW_SOURCES = 0.4
const MAX_ALIVE = 0.3
const SEVERE_RATE = 1000
const MOST_NAMED = 8
const UDP = 1
const SYN = 2

/** A network under a carpet of one kind of flow. */
class CarpetVictim implements Watched {
  story: Story | null = null
  answered = 0
  readonly fates = new FateSample()
  readonly #noun: string
  readonly #minFlows: number
  readonly #tally = new Tally()
  #hosts = new DistinctCount()
  /** The first hosts, by their hashes. */
  readonly #named = new Map<number, string>()

  constructor(kind: number, minFlows: number) {
    this.#noun = kind === SYN ? 'SYN' : 'UDP flow'
    this.#minFlows = minFlows
  }

  get lastUs(): number {
    return this.#tally.lastUs
  }

  get count(): number {
    return this.#tally.count
  }

  opened(flow: LiveFlow, source: number, host: number): void {
    this.#tally.add(source, flow.startUs, flow, originatorAddress)
    this.#hosts.add(host)
    if (this.#named.size < MOST_NAMED && !this.#named.has(host)) {
      this.#named.set(host, flow.responderAddress())
    }
    this.story?.addFlow(flow)
  }

  isAttacked(nowUs: number): boolean {
    const { count, sources } = this.#tally
    if (this.#tally.recent(nowUs) < this.#minFlows || this.#hosts.value < MIN_HOSTS) return false
    if (sources.value < count * NEW_SOURCES && sources.value < this.#minFlows) return false
    return Math.max(this.answered / count, this.fates.share(nowUs)) <= MAX_ALIVE
  }

  begin(nowUs: number): Story {
    const story = this.#tally.begin(nowUs)
    for (const address of this.#named.values()) story.addVictim(address)
    return story
  }

  restart(nowUs: number): void {
    if (!this.#tally.restart(nowUs)) return
    this.#hosts = new DistinctCount()
    this.#named.clear()
    this.answered = 0
    this.fates.restart()
  }

  tell(story: Story, isFinal: boolean): Detection {
    const tally = this.#tally
    const rate = tally.peak(tally.lastUs)
    const hosts = this.#hosts.value
    const sources = tally.distinctSources
    return claimOf(
      story,
      {
        ...{ detector: 'carpet-flood', kind: 'flood.carpet', family: 'flood', attacker: null },
        severity: rate >= SEVERE_RATE ? 7 : 5,
        confidence: confidenceOf(0.7, tally.count - this.#minFlows, 4000),
        count: tally.count,
        summary: `${counted(tally.count, this.#noun)} to about ${counted(hosts, 'host')} of one network (${[...this.#named.values()].slice(0, 3).join(', ')} and others) from about ${counted(sources, 'source')} in ${spanOf(story.lastUs - story.firstUs)}, hardly any answered`,
        reasons: [
          { feature: 'packetsPerSecond', value: rate, baseline: null, weight: 0.4 },
          { feature: 'distinctHosts', value: hosts, baseline: MIN_HOSTS, weight: 0.3 },
          { feature: 'distinctSources', value: sources, baseline: null, weight: 0.3 },
        ],
        mitre: ['T1498.001'],
      },
      isFinal,
    )
  }
}

export class CarpetFlood implements Detector {
  readonly name = 'carpet-flood'
  readonly seesAbsorbed = true
  readonly memories: readonly Memory[]
  readonly #config: CarpetFloodConfig
  readonly #rates = new HostRates()
  readonly #networks: WatchedHosts<CarpetVictim>

  constructor(config: CarpetFloodConfig, emit: Emit) {
    this.#config = config
    this.#networks = new WatchedHosts(config.maxVictims, emit)
    this.memories = [this.#networks]
  }

  flowOpened(flow: LiveFlow): void {
    const kind = kindOf(flow)
    if (kind === 0 || isToMany(flow)) return
    const key = mix(networkOf(flow), kind)
    let network = this.#networks.get(key)
    if (network === undefined) {
      if (this.#rates.count(key, flow.startUs) < WATCH_FROM) return
      network = this.#networks.watch(key, new CarpetVictim(kind, this.#config.minFlows))
    }
    const source = originatorHash(flow)
    const host = responderHash(flow)
    network.opened(flow, source, host)
    network.fates.begin(mix(source, host), flow.startUs)
  }

  flowAnswered(flow: LiveFlow): void {
    if (this.#networks.size === 0 || flow.wasIcmpRefused) return
    if ((flow.responderTcpFlags & TcpFlag.RST) !== 0) return
    const kind = kindOf(flow)
    if (kind === 0) return
    const network = this.#networks.get(mix(networkOf(flow), kind))
    if (network === undefined) return
    network.answered += 1
    network.fates.goOn(mix(originatorHash(flow), responderHash(flow)))
  }
}

function kindOf(flow: LiveFlow): number {
  if (flow.protocol === IpProtocol.UDP) return UDP
  if (flow.protocol !== IpProtocol.TCP) return 0
  return (flow.openingTcpFlags & (TcpFlag.SYN | TcpFlag.ACK)) === TcpFlag.SYN ? SYN : 0
}

const words = new Int32Array(8)

function networkOf(flow: LiveFlow): number {
  if (flow.ipVersion === 4) return mix(4, Math.floor(flow.responderKey / 256))
  flow.copyAddresses(words, 0, 4)
  return mix(mix(6, words[4]!), words[5]! >>> 16)
}
