/** A host that gets many SYNs: how many, from whom, to which ports, and what became of a sample of them. */
import type { Packet } from '../../../decode/packet.ts'
import type { SynFloodConfig } from './config.ts'
import { DistinctCount } from '../state/tables/distinct-count.ts'
import { sourceAddress, sourceHash } from '../state/packet-address.ts'
import { mix } from '../state/pair-key.ts'
import { Majority } from '../state/watch/majority.ts'

const WINDOW_SECONDS = 10
const SAMPLES = 1024

/** A handshake not completed within this is taken for one that never will be. */
const COMPLETION_US = 1_000_000

/** Outcomes of the sample needed before anything is concluded from it. */
const MIN_OUTCOMES = 50

/**
 * A port that is closed makes many SYNs harmless: it takes this many times as many to speak of them. Where no answers
 * are captured it may be closed.
 */
const REFUSED_FACTOR = 5

/** A scan spreads its SYNs over ports; a flood puts more than this many on each. */
const SYNS_PER_PORT = 20

/** Sources from which even a spread over all ports is no scan. */
const MANY_SOURCES = 64
/** Of all SYNs so many come from hosts of their own: spread over ports as well they are made up, and no service missed. */
const STRANGERS = 0.9

/** One second of the window. */
interface Second {
  second: number
  syns: number
  completed: number
  abandoned: number
  refused: number
}

export class FloodVictim {
  readonly address: string
  firstUs: number
  lastUs: number
  syns = 0
  sources = new DistinctCount()
  ports = new DistinctCount()
  readonly #leader = new Majority()
  readonly #seconds: Second[] = []
  /** The sample: a hash of source, port and sequence, and when its SYN came; 0 for a free place. */
  readonly #sampleHashes = new Int32Array(SAMPLES)
  readonly #sampleUs = new Float64Array(SAMPLES)

  constructor(address: string, nowUs: number) {
    this.address = address
    this.firstUs = nowUs
    this.lastUs = nowUs
    for (let index = 0; index < WINDOW_SECONDS; index += 1) {
      this.#seconds.push({ second: -1, syns: 0, completed: 0, abandoned: 0, refused: 0 })
    }
  }

  /** A SYN came. */
  syn(packet: Packet): void {
    const nowUs = packet.timestampUs
    const source = sourceHash(packet)
    const second = this.#second(nowUs)
    this.lastUs = Math.max(this.lastUs, nowUs)
    this.syns += 1
    second.syns += 1
    this.sources.add(source)
    this.ports.add(mix(7, packet.destinationPort))
    this.#leader.add(source, packet, sourceAddress)
    const hash = handshakeHash(source, packet.sourcePort, packet.tcpSequence)
    const place = hash & (SAMPLES - 1)
    const sampledUs = this.#sampleUs[place]!
    if (sampledUs !== 0) {
      // The very same SYN again counts as a handshake given up: some floods repeat one packet.
      const isRepeat = this.#sampleHashes[place] === hash
      if (!isRepeat && nowUs - sampledUs < COMPLETION_US) return
      second.abandoned += 1
    }
    this.#sampleHashes[place] = hash
    this.#sampleUs[place] = nowUs
  }

  /** A segment with ACK came: whoever sends one after its SYN has completed the handshake. */
  acknowledgement(packet: Packet): void {
    const hash = handshakeHash(sourceHash(packet), packet.sourcePort, packet.tcpSequence - 1)
    const place = hash & (SAMPLES - 1)
    if (this.#sampleUs[place] === 0 || this.#sampleHashes[place] !== hash) return
    this.#sampleUs[place] = 0
    this.#second(packet.timestampUs).completed += 1
  }

  /** The victim refused a SYN. */
  refusal(nowUs: number): void {
    this.#second(nowUs).refused += 1
  }

  /**
   * Says what the last ten seconds are: nothing, a flood, or a flood on a closed port; a handshake not completed
   * within `patienceUs` never will be. `isUnheard` says that refusals would not be seen.
   */
  judge(
    config: SynFloodConfig,
    isUnheard: boolean,
    nowUs: number,
    patienceUs = COMPLETION_US,
  ): 'none' | 'flood' | 'refused' {
    this.#expireSamples(nowUs, patienceUs)
    const sum = this.window(nowUs)
    const outcomes = sum.completed + sum.abandoned
    if (sum.syns < config.minSyns || outcomes < Math.min(MIN_OUTCOMES, config.minSyns))
      return 'none'
    if (sum.completed / outcomes > config.maxCompletedShare) return 'none'
    const perPort = this.syns / Math.max(1, this.ports.value)
    if (perPort < SYNS_PER_PORT && this.sources.value < MANY_SOURCES) return 'none'
    const isRefused = sum.refused * 2 >= sum.syns
    const isStrewn = perPort < SYNS_PER_PORT && this.sources.value >= this.syns * STRANGERS
    if ((isRefused || isUnheard) && !isStrewn && sum.syns < config.minSyns * REFUSED_FACTOR)
      return 'none'
    return isRefused ? 'refused' : 'flood'
  }

  /** Sets the totals to the window's, from its first busy second on: the story begins there. */
  beginStory(nowUs: number): void {
    const since = Math.floor(nowUs / 1e6) - WINDOW_SECONDS
    const seconds = this.#seconds.filter((second) => second.second > since)
    const peak = Math.max(...seconds.map((second) => second.syns))
    // The second at hand is not over, and may have only begun.
    const lastSecond = Math.floor(this.lastUs / 1e6)
    const busy = seconds.filter(({ second, syns }) => syns * 10 >= peak || second === lastSecond)
    const firstSecond = Math.min(...busy.map((second) => second.second))
    this.firstUs = Math.max(this.firstUs, firstSecond * 1e6)
    this.syns = busy.reduce((sum, second) => sum + second.syns, 0)
  }

  /** Begins the totals anew, so that the story of a flood does not hold the quiet hours before it. */
  restart(nowUs: number): void {
    if (nowUs - this.firstUs < WINDOW_SECONDS * 1e6) return
    this.firstUs = nowUs
    this.syns = 0
    this.sources = new DistinctCount()
    this.ports = new DistinctCount()
    this.#leader.restart()
  }

  /** Sums the last ten seconds. */
  window(nowUs: number): Omit<Second, 'second'> {
    const since = Math.floor(nowUs / 1e6) - WINDOW_SECONDS
    const sum = { syns: 0, completed: 0, abandoned: 0, refused: 0 }
    for (const second of this.#seconds) {
      if (second.second <= since) continue
      sum.syns += second.syns
      sum.completed += second.completed
      sum.abandoned += second.abandoned
      sum.refused += second.refused
    }
    return sum
  }

  /** The one source of nearly all SYNs, or null where there is none: spoofed, or many. */
  onlySource(): string | null {
    return this.#leader.holder(this.syns, 0.8)
  }

  #expireSamples(nowUs: number, patienceUs: number): void {
    const second = this.#second(Math.max(this.lastUs, Math.min(nowUs, this.lastUs + patienceUs)))
    for (let place = 0; place < SAMPLES; place += 1) {
      const sampledUs = this.#sampleUs[place]!
      if (sampledUs === 0 || nowUs - sampledUs < patienceUs) continue
      this.#sampleUs[place] = 0
      second.abandoned += 1
    }
  }

  #second(nowUs: number): Second {
    const second = Math.floor(nowUs / 1e6)
    const place = this.#seconds[second % WINDOW_SECONDS]!
    if (place.second !== second) {
      Object.assign(place, { second, syns: 0, completed: 0, abandoned: 0, refused: 0 })
    }
    return place
  }
}

/** The ACK of the handshake carries the SYN's sequence number plus one (RFC 9293 §3.5). */
function handshakeHash(source: number, port: number, synSequence: number): number {
  return mix(mix(source, port), synSequence | 0)
}
