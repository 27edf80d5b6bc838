/** All detectors as one: shows each what it watches, in the order in which they were given. */
import { PacketKind, type Packet } from '../decode/packet.ts'
import type { ApplicationFact, EndReason, FlowObserver, LiveFlow } from '../flow/flow.ts'
import { IpProtocol } from '../net/protocol.ts'
import { TRAFFIC, type Detector, type FactKind, type Traffic } from './detector.ts'

const TCP_BARE = TRAFFIC.indexOf('tcp-bare')
const TCP_PAYLOAD = TRAFFIC.indexOf('tcp-payload')
const UDP = TRAFFIC.indexOf('udp')
const ICMP = TRAFFIC.indexOf('icmp')
const ARP = TRAFFIC.indexOf('arp')
const OTHER = TRAFFIC.indexOf('other')
const FRAGMENT = TRAFFIC.indexOf('fragment')

/** Cost: a packet or a fact is shown only to those who watch or hear its kind, one list a kind. */
export class Detectors implements FlowObserver {
  readonly #all: readonly Detector[]
  readonly #watchers: readonly (readonly Detector[])[]
  readonly #onOpened: readonly Detector[]
  readonly #onAnswered: readonly Detector[]
  readonly #onSpoke: readonly Detector[]
  /** Those of `#onSpoke` that hear a kind, listed when the first fact of it comes. */
  readonly #hearers = new Map<FactKind, readonly Detector[]>()
  readonly #onEnded: readonly Detector[]
  readonly #onTick: readonly Detector[]
  /** Absent where no detector listens, so that no single fact is made. */
  readonly flowSpoke?: (flow: LiveFlow, fact: ApplicationFact) => void

  constructor(detectors: readonly Detector[]) {
    this.#all = detectors
    this.#watchers = TRAFFIC.map((traffic) => watchersOf(detectors, traffic))
    this.#onOpened = detectors.filter((detector) => detector.flowOpened !== undefined)
    this.#onAnswered = detectors.filter((detector) => detector.flowAnswered !== undefined)
    this.#onSpoke = detectors.filter((detector) => detector.flowSpoke !== undefined)
    this.#onEnded = detectors.filter((detector) => detector.flowEnded !== undefined)
    this.#onTick = detectors.filter((detector) => detector.tick !== undefined)
    if (this.#onSpoke.length > 0) {
      this.flowSpoke = (flow, fact) => {
        for (const detector of this.#hearersOf(fact.kind)) detector.flowSpoke!(flow, fact)
      }
    }
  }

  packet(packet: Packet): void {
    for (const detector of this.#watchers[trafficOf(packet)]!) detector.packet!(packet)
    if (!packet.isFragment) return
    for (const detector of this.#watchers[FRAGMENT]!) detector.packet!(packet)
  }

  flowOpened(flow: LiveFlow): void {
    for (const detector of this.#onOpened) detector.flowOpened!(flow)
  }

  flowAnswered(flow: LiveFlow): void {
    for (const detector of this.#onAnswered) detector.flowAnswered!(flow)
  }

  flowEnded(flow: LiveFlow, reason: EndReason): void {
    for (const detector of this.#onEnded) detector.flowEnded!(flow, reason)
  }

  tick(nowUs: number): void {
    for (const detector of this.#onTick) detector.tick!(nowUs)
  }

  end(nowUs: number): void {
    for (const detector of this.#all) detector.end?.(nowUs)
  }

  #hearersOf(kind: FactKind): readonly Detector[] {
    const known = this.#hearers.get(kind)
    if (known !== undefined) return known
    const hearers = this.#onSpoke.filter(({ hears }) => hears?.includes(kind) ?? true)
    this.#hearers.set(kind, hearers)
    return hearers
  }

  /** Entries forgotten because a table was full. */
  get forgotten(): number {
    return this.#all.reduce((sum, detector) => sum + (detector.forgotten?.() ?? 0), 0)
  }
}

function watchersOf(detectors: readonly Detector[], traffic: Traffic): readonly Detector[] {
  return detectors.filter((detector) => detector.watches?.includes(traffic))
}

function trafficOf(packet: Packet): number {
  if (packet.kind === PacketKind.ARP) return ARP
  if (packet.kind !== PacketKind.IP) return OTHER
  switch (packet.protocol) {
    case IpProtocol.TCP:
      return packet.payloadLength === 0 ? TCP_BARE : TCP_PAYLOAD
    case IpProtocol.UDP:
      return UDP
    case IpProtocol.ICMP:
    case IpProtocol.ICMPV6:
      return ICMP
    default:
      return OTHER
  }
}
