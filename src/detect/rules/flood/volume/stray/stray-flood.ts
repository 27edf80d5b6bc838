/**
 * Detects floods outside any conversation: datagrams, TCP segments of no connection, other protocols.
 *
 * Watches flows, since most floods open one with each packet, and a packet in 32, since some send the same
 * one for ever; every packet is looked at only of hosts under watch.
 * Left out: streams of one sender in a protocol other than TCP and UDP, which are VPNs; one unanswered stream
 * of large datagrams that differ, which is a camera or a measurement.
 * Source: Mirkovic and Reiher, A Taxonomy of DDoS Attack and DDoS Defense Mechanisms (CCR 2004).
 */
import { PacketKind, type Packet } from '../../../../../decode/packet.ts'
import type { LiveFlow } from '../../../../../flow/flow.ts'
import { IpProtocol, TcpFlag } from '../../../../../net/protocol.ts'
import type { Detector, Emit, Memory } from '../../../../detector.ts'
import {
  destinationAddress,
  destinationHash,
  isToMany,
  originatorHash,
  responderHash,
  sourceHash,
} from '../../../state/packet-address.ts'
import { SERVICE_OF_PORT } from '../../../state/amplifiers.ts'
import { mix } from '../../../state/pair-key.ts'
import { HostRates } from '../../../state/watch/host-rates.ts'
import { WatchedHosts } from '../../../state/watch/watched-hosts.ts'
import type { StrayFloodConfig } from '../../config.ts'
import { MetSources } from '../../met-sources.ts'
import { ACK, NO_CLASS, strayClass, UDP } from './stray-class.ts'
import { StrayVictim } from './stray-victim.ts'

const DNS_PORT = 53

/** Flows within two seconds from which a host is watched. */
const WATCH_FROM = 60

/** One packet in 16 to 47 is a sample; so many samples within two seconds have a host watched. */
const SAMPLED_EACH = 16
const SAMPLES = 16

/** Places that tell whether a host may be under watch; a power of two. */
const HOST_PLACES = 4096

/** Who opens connections is answered by resets, and a bare ACK answers nothing. */
const SPEAKING = TcpFlag.SYN | TcpFlag.RST

export class StrayFlood implements Detector {
  readonly name = 'stray-flood'
  readonly seesAbsorbed = true
  readonly watches = ['udp', 'tcp-bare', 'tcp-payload'] as const
  readonly memories: readonly Memory[]
  readonly #config: StrayFloodConfig
  readonly #questionsTold: (server: number) => number
  readonly #rates = new HostRates()
  readonly #samples = new HostRates()
  readonly #victims: WatchedHosts<StrayVictim>
  /** 1 where a host under watch falls: nearly all packets are of none, and this tells so at once. */
  readonly #places = new Uint8Array(HOST_PLACES)
  readonly #met = new MetSources()
  #untilSample = SAMPLED_EACH
  #random = 1

  /** `questionsTold` counts, by the hash of a server's address, the questions told of as a flood of them. */
  constructor(
    config: StrayFloodConfig,
    emit: Emit,
    questionsTold: (server: number) => number = () => 0,
  ) {
    this.#config = config
    this.#questionsTold = questionsTold
    this.#victims = new WatchedHosts(config.maxVictims, emit)
    this.memories = [this.#victims]
  }

  packet(packet: Packet): void {
    this.#untilSample -= 1
    if (this.#untilSample > 0 && this.#victims.size === 0) return
    if (packet.kind !== PacketKind.IP || packet.isLaterFragment) return
    if (this.#untilSample <= 0) {
      this.#untilSample = SAMPLED_EACH + this.#chance()
      this.#sample(packet)
    }
    if (this.#victims.size > 0) this.#follow(packet)
  }

  /** What leaves an amplifier's port is a reflection's affair, and what is neither datagram nor bare ACK may be another's. */
  absorbs(flow: LiveFlow): boolean {
    if (this.#victims.size === 0) return false
    const kind = strayClass(flow.protocol, flow.openingTcpFlags, flow.openingPayloadBytes)
    if (kind !== UDP && kind !== ACK) return false
    if (kind === UDP && SERVICE_OF_PORT[flow.originatorPort] !== 0) return false
    const victim = this.#victims.get(mix(responderHash(flow), kind))
    return victim?.isFloodOfMany === true && this.#met.isNew(originatorHash(flow))
  }

  flowOpened(flow: LiveFlow): void {
    const kind = strayClass(flow.protocol, flow.openingTcpFlags, flow.openingPayloadBytes)
    if (kind === NO_CLASS || isToMany(flow) || isHeadless(flow)) return
    const host = responderHash(flow)
    const key = mix(host, kind)
    let victim = this.#victims.get(key)
    if (victim === undefined) {
      if (this.#rates.count(key, flow.startUs) < WATCH_FROM) return
      victim = this.#watch(host, kind, flow.responderAddress())
    }
    const source = originatorHash(flow)
    victim.opened(flow, source)
    victim.fates.begin(endsHash(source, flow.originatorPort, flow.responderPort), flow.startUs)
  }

  flowAnswered(flow: LiveFlow): void {
    if (this.#victims.size === 0 || flow.wasIcmpRefused) return
    const kind = strayClass(flow.protocol, flow.openingTcpFlags, flow.openingPayloadBytes)
    if (kind === NO_CLASS || (flow.responderTcpFlags & TcpFlag.RST) !== 0) return
    if (isNothingButHeader(flow)) return
    const victim = this.#victims.get(mix(responderHash(flow), kind))
    if (victim !== undefined) victim.answered += 1
  }

  tick(): void {
    if (this.#victims.size === 0) this.#places.fill(0)
  }

  /** From 0 to 31; a fixed step would fall in step with question and answer. */
  #chance(): number {
    this.#random = (Math.imul(this.#random, 1664525) + 1013904223) | 0
    return this.#random >>> 27
  }

  /** Streams of TCP's data are conversations, or are found by the flows they open. */
  #sample(packet: Packet): void {
    if (packet.protocol === IpProtocol.TCP && packet.payloadLength > 0) return
    const kind = strayClass(packet.protocol, packet.tcpFlags, packet.payloadLength)
    if (kind === NO_CLASS || isGroup(packet)) return
    const host = destinationHash(packet)
    const key = mix(host, kind)
    if (this.#victims.get(key) !== undefined) return
    if (this.#samples.count(key, packet.timestampUs) < SAMPLES) return
    this.#watch(host, kind, destinationAddress(packet))
  }

  #follow(packet: Packet): void {
    const source = sourceHash(packet)
    const destination = destinationHash(packet)
    if (this.#places[destination & (HOST_PLACES - 1)] === 1) this.#come(packet, source, destination)
    if (this.#places[source & (HOST_PLACES - 1)] === 1) this.#reply(packet, source)
  }

  #come(packet: Packet, source: number, destination: number): void {
    const kind = strayClass(packet.protocol, packet.tcpFlags, packet.payloadLength)
    if (kind === NO_CLASS) return
    const victim = this.#victims.get(mix(destination, kind))
    victim?.packet(packet)
    victim?.fates.goOn(endsHash(source, packet.sourcePort, packet.destinationPort))
  }

  /** What a watched host says: a datagram for datagrams; for segments, SYNs, resets and data. */
  #reply(packet: Packet, source: number): void {
    if (packet.protocol === IpProtocol.UDP) {
      this.#victims.get(mix(source, UDP))?.stream.reply(packet)
      return
    }
    if (packet.payloadLength === 0 && (packet.tcpFlags & SPEAKING) === 0) return
    for (let kind = UDP + 1; kind < 6; kind += 1) {
      this.#victims.get(mix(source, kind))?.stream.reply(packet)
    }
  }

  #watch(host: number, kind: number, address: string): StrayVictim {
    this.#places[host & (HOST_PLACES - 1)] = 1
    const told = (): number => this.#questionsTold(host)
    return this.#victims.watch(mix(host, kind), new StrayVictim(kind, address, this.#config, told))
  }
}

const endsHash = (source: number, sourcePort: number, port: number): number =>
  mix(source, sourcePort * 65536 + port)

/** A name server's answer to what is no question (RFC 1035 §4.1.1, FORMERR): it could not even repeat it. */
function isNothingButHeader({ protocol, responderPort, responderPayloadBytes }: LiveFlow): boolean {
  return protocol === IpProtocol.UDP && responderPort === DNS_PORT && responderPayloadBytes <= 12
}

/** Later fragments whose first was not seen: the fragment flood's affair. */
function isHeadless(flow: LiveFlow): boolean {
  const hasPorts = flow.protocol === IpProtocol.UDP || flow.protocol === IpProtocol.TCP
  return hasPorts && flow.originatorPort === 0 && flow.responderPort === 0
}

/** Multicast and broadcast carry announcements, not floods. */
function isGroup(packet: Packet): boolean {
  if (packet.ipVersion === 4) return packet.destination3 >>> 28 >= 0xe
  return packet.destination0 >>> 24 === 0xff
}
