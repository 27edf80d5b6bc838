/** A host that gets answers of one UDP service it never asked: how many, how large, from how many. */
import type { Packet } from '../../../decode/packet.ts'
import type { LiveFlow } from '../../../flow/flow.ts'
import type { Detection } from '../../detection.ts'
import { DistinctCount } from '../state/tables/distinct-count.ts'
import { outsideNetwork } from '../state/outside.ts'
import { mix } from '../state/pair-key.ts'
import { MAX_FLOWS, Story } from '../state/story.ts'
import { claimOf } from '../state/watch/claim.ts'
import { SlidingCounts } from '../state/watch/sliding-counts.ts'
import type { Watched } from '../state/watch/watched-hosts.ts'
import { confidenceOf, counted, grouped, spanOf } from '../state/wording.ts'
import type { ReflectionConfig } from './config.ts'
import type { Service } from '../state/amplifiers.ts'

const ANSWERS = 0
const BYTES = 1
const REQUESTS = 2
const FIELDS = 3

/** Small answers make a flood only where this many times as many come, from this many times the hosts. */
const SMALL_FACTOR = 20
/** And where they all go to a few of its ports, as those that one socket had asked for would: this many times. */
const FIXED_PORT_FACTOR = 3
/** So many flows to each of its ports, or more. */
const FLOWS_A_FIXED_PORT = 8
/** So much more it takes where the host has just searched the network for the service. */
const SEARCH_FACTOR = 10
/** And where both ends use the service's own port: one of them may be asking. */
const SAME_PORT_FACTOR = 4
/** A host that replies to more than this share of those who "answer" it is a server being asked. */
const MAX_REPLIED_SHARE = 0.3
/** And where they come from all over the Internet, as nobody is answered who asks: so many times as much. */
const WIDE_FACTOR = 2
/**
 * Of a real resolver hardly two answers go to the same port; seen from one side, signed answers of many
 * servers average up to 600 bytes.
 */
const RESOLVER_MEAN = 1000
const DNS_PORT = 53

/** So many servers are a reflection, where each answer is as long as nobody's is who has not asked for a list. */
const FEW_REFLECTORS = 2
/** And of these so many fewer answers, where a name server's may be signed at length. */
const UNNATURAL_SHARE = 0.2
/** By service, how long that is on average: a list of NTP's clients, everything about a name or a directory. */
const UNNATURAL_MEANS: Readonly<Record<string, number>> = {
  ...{ dns: 1000, ntp: 200, cldap: 1000, memcached: 1000, chargen: 200 },
}

/** Says whether nobody gets answers so long, on average, who has not asked for them. */
export function isUnnatural(name: string, meanBytes: number): boolean {
  return meanBytes >= (UNNATURAL_MEANS[name] ?? Number.POSITIVE_INFINITY)
}

/** From so many answers of so many hosts there is no doubt left. */
const CERTAIN_ANSWERS = 500
const CERTAIN_REFLECTORS = 30

export class ReflectionVictim implements Watched {
  readonly service: Service
  lastUs = 0
  story: Story | null = null
  count = 0
  /** The host has asked the whole network for this service a moment ago. */
  isSearching = false
  /** Flows in which it spoke back. */
  replies = 0
  readonly #address: string
  readonly #config: ReflectionConfig
  readonly #window = new SlidingCounts(FIELDS)
  #flows = 0
  #bytes = 0
  #asked = 0
  #isSamePort = false
  #reflectors = new DistinctCount()
  #ports = new DistinctCount()
  /** Of the Internet, as large as providers have them, from which answers came. */
  #networks = new DistinctCount()

  constructor(service: Service, address: string, config: ReflectionConfig) {
    this.service = service
    this.#address = address
    this.#config = config
  }

  /** The first answers, which came before the host was watched. */
  begunWith(answers: number, flow: LiveFlow): void {
    this.#add(answers, answers * flow.openingPayloadBytes, flow.lastUs)
  }

  /** An answer, or a piece of one. */
  packet(packet: Packet): void {
    this.#add(1, packet.payloadLength, packet.timestampUs)
  }

  /** The host itself asks: as many answers are its own affair. */
  request(nowUs: number): void {
    this.#window.add(REQUESTS, 1, nowUs)
    this.#asked += 1
  }

  /** An answer of somebody who was not seen to be asked. */
  answer(flow: LiveFlow, reflector: number): void {
    this.#flows += 1
    this.#reflectors.add(reflector)
    this.#ports.add(mix(3, flow.responderPort))
    const network = outsideNetwork(flow)
    if (network !== 0) this.#networks.add(mix(5, network))
    this.#isSamePort = flow.responderPort === flow.originatorPort
    if (this.story !== null && this.story.flows.size < MAX_FLOWS) this.story.addFlow(flow)
  }

  isAttacked(nowUs: number): boolean {
    const { minReflectors, minAnswers } = this.#config
    if (this.replies > this.#flows * MAX_REPLIED_SHARE) return false
    if (this.#isUnasked(minAnswers)) return true
    const answers = this.#window.sum(ANSWERS, nowUs)
    const unasked = answers - this.#window.sum(REQUESTS, nowUs)
    const reflectors = this.#reflectors.value
    const factor =
      (this.isSearching ? SEARCH_FACTOR : 1) * (this.#isSamePort ? SAME_PORT_FACTOR : 1)
    if (unasked < minAnswers * factor || reflectors < minReflectors) return false
    const isWide = !this.service.isWorldwide && this.#networks.value >= minReflectors * WIDE_FACTOR
    if (isWide && unasked >= minAnswers * factor * WIDE_FACTOR) return true
    const mean = this.#window.sum(BYTES, nowUs) / answers
    const looksResolved = this.service.port === DNS_PORT && this.#flows < this.#ports.value * 2
    if (mean >= (looksResolved ? RESOLVER_MEAN : this.service.minMeanBytes)) return true
    const smallFactor = this.#isToFixedPorts ? FIXED_PORT_FACTOR : SMALL_FACTOR
    if (unasked < minAnswers * factor * smallFactor) return false
    return reflectors >= minReflectors * smallFactor && !looksResolved
  }

  /** Few servers, and few answers, but none of them such as somebody asks for in passing. */
  #isUnasked(minAnswers: number): boolean {
    if (this.replies > 0 || this.#asked > 0) return false
    const least = minAnswers * (this.service.port === DNS_PORT ? 1 : UNNATURAL_SHARE)
    if (this.count < least || this.#reflectors.value < FEW_REFLECTORS) return false
    return isUnnatural(this.service.name, this.#bytes / this.count)
  }

  /** Who looks for a service in its network asks from one port too, and is answered by its neighbours. */
  get #isToFixedPorts(): boolean {
    if (this.service.isDiscovery || this.#isSamePort) return false
    return this.#flows >= this.#ports.value * FLOWS_A_FIXED_PORT
  }

  begin(nowUs: number): Story {
    const story = new Story(Math.min(this.#window.startUs(nowUs), this.lastUs), this.lastUs)
    story.addVictim(this.#address)
    return story
  }

  restart(nowUs: number): void {
    if (this.#window.sum(ANSWERS, nowUs) > 0) return
    this.count = 0
    this.#bytes = 0
    this.#flows = 0
    this.#asked = 0
    this.replies = 0
    this.#reflectors = new DistinctCount()
    this.#ports = new DistinctCount()
    this.#networks = new DistinctCount()
  }

  tell(story: Story, isFinal: boolean): Detection {
    const { name, port } = this.service
    const reflectors = Math.min(this.#reflectors.value, this.count)
    const mean = Math.round(this.#bytes / Math.max(1, this.count))
    const isCertain = this.count >= CERTAIN_ANSWERS && reflectors >= CERTAIN_REFLECTORS
    const rate = this.#window.peak(ANSWERS, this.lastUs)
    return claimOf(
      story,
      {
        ...{ detector: 'reflection', kind: `amplification.${name}`, family: 'amplification' },
        severity: isCertain && !this.isSearching ? 7 : 5,
        confidence: confidenceOf(0.75, this.count, CERTAIN_ANSWERS),
        attacker: null,
        count: this.count,
        summary: `${counted(this.count, 'packet')} of answers (${name}, UDP port ${port}) to ${this.#address} from about ${counted(reflectors, 'host')} it never asked, ${grouped(mean)} bytes each, in ${spanOf(story.lastUs - story.firstUs)}`,
        reasons: [
          { feature: 'distinctReflectors', value: reflectors, baseline: null, weight: 0.4 },
          { feature: 'unaskedAnswers', value: this.count, baseline: 0, weight: 0.3 },
          { feature: 'answersPerSecond', value: rate, baseline: null, weight: 0.2 },
          {
            feature: 'meanAnswerBytes',
            value: mean,
            baseline: this.service.minMeanBytes,
            weight: 0.1,
          },
        ],
        mitre: ['T1498.002'],
      },
      isFinal,
    )
  }

  #add(packets: number, bytes: number, nowUs: number): void {
    this.count += packets
    this.#bytes += bytes
    this.lastUs = Math.max(this.lastUs, nowUs)
    this.#window.add(ANSWERS, packets, nowUs)
    this.#window.add(BYTES, bytes, nowUs)
  }
}
