/**
 * Detects reflected UDP floods: many servers answer one host that never asked them.
 *
 * Watches flows: an answer opens a flow only where no question was seen before it; packets are looked at
 * only while a host is watched. A capture of one direction shows no questions at all, so besides many servers it takes large answers, or a torrent.
 * Left out: reflectors on ports of their own; DNS by small answers to ever new ports, which is what a busy
 * resolver seen from one side looks like.
 * Source: Rossow, Amplification Hell (NDSS 2014).
 */
import type { Packet } from '../../../decode/packet.ts'
import type { LiveFlow } from '../../../flow/flow.ts'
import { IpProtocol } from '../../../net/protocol.ts'
import type { Detector, Emit, Memory } from '../../detector.ts'
import type { ReflectionConfig } from './config.ts'
import {
  destinationHash,
  isToMany,
  originatorHash,
  responderHash,
  sourceHash,
} from '../state/packet-address.ts'
import { mix } from '../state/pair-key.ts'
import { HostRates } from '../state/watch/host-rates.ts'
import { LastSigns } from '../state/watch/last-signs.ts'
import { WatchedHosts } from '../state/watch/watched-hosts.ts'
import { isUnnatural, ReflectionVictim } from './reflection-victim.ts'
import { SERVICE_OF_PORT, SERVICES } from '../state/amplifiers.ts'

/** Unasked answers within two seconds from which a host is watched. */
const WATCH_FROM = 8

/** How long after a search of the network its answers are no surprise. */
const SEARCH_US = 60_000_000

export class Reflection implements Detector {
  readonly name = 'reflection'
  readonly watches = ['udp'] as const
  readonly memories: readonly Memory[]
  readonly #config: ReflectionConfig
  readonly #rates = new HostRates()
  readonly #searches = new LastSigns()
  readonly #victims: WatchedHosts<ReflectionVictim>

  constructor(config: ReflectionConfig, emit: Emit) {
    this.#config = config
    this.#victims = new WatchedHosts(config.maxVictims, emit)
    this.memories = [this.#victims]
  }

  flowOpened(flow: LiveFlow): void {
    if (flow.protocol !== IpProtocol.UDP) return
    const answering = SERVICE_OF_PORT[flow.originatorPort]!
    if (answering === 0) {
      const asked = SERVICE_OF_PORT[flow.responderPort]!
      if (asked !== 0) this.#search(flow, asked)
      return
    }
    if (!isToMany(flow)) this.#answer(flow, answering)
    else this.#search(flow, answering)
  }

  flowAnswered(flow: LiveFlow): void {
    if (this.#victims.size === 0 || flow.wasIcmpRefused || flow.protocol !== IpProtocol.UDP) return
    const answering = SERVICE_OF_PORT[flow.originatorPort]!
    if (answering === 0) return
    const victim = this.#victims.get(mix(responderHash(flow), answering))
    if (victim !== undefined) victim.replies += 1
  }

  /** Only while somebody is watched: how much comes, and how much of it was asked for. */
  packet(packet: Packet): void {
    if (this.#victims.size === 0) return
    const answering = SERVICE_OF_PORT[packet.sourcePort]!
    if (answering !== 0) {
      const victim = this.#victims.get(mix(destinationHash(packet), answering))
      if (victim !== undefined) this.#noteAnswer(victim, packet)
    }
    const asked = SERVICE_OF_PORT[packet.destinationPort]!
    if (asked !== 0) this.#victims.get(mix(sourceHash(packet), asked))?.request(packet.timestampUs)
  }

  #noteAnswer(victim: ReflectionVictim, packet: Packet): void {
    victim.packet(packet)
    this.#victims.noted(victim, packet.timestampUs)
  }

  /** A client that searches the network is answered by hosts it never named. */
  #search(flow: LiveFlow, asked: number): void {
    if (!SERVICES[asked - 1]!.isDiscovery) return
    this.#searches.note(mix(originatorHash(flow), asked), flow.startUs)
  }

  #answer(flow: LiveFlow, answering: number): void {
    const key = mix(responderHash(flow), answering)
    let victim = this.#victims.get(key)
    if (victim === undefined) {
      const service = SERVICES[answering - 1]!
      const from = isUnnatural(service.name, flow.openingPayloadBytes) ? 1 : WATCH_FROM
      if (this.#rates.count(key, flow.startUs) < from) return
      victim = new ReflectionVictim(service, flow.responderAddress(), this.#config)
      this.#victims.watch(key, victim)
      victim.begunWith(from, flow)
    }
    if (victim.service.isDiscovery) {
      victim.isSearching = this.#searches.isRecent(key, flow.startUs, SEARCH_US)
    }
    victim.answer(flow, originatorHash(flow))
  }
}
