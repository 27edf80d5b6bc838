/** All detectors as one: shows each what it watches, in the order in which they were given. */
import { malformedIndex } from '../decode/malformed.ts'
import { PacketKind, type Packet } from '../decode/packet.ts'
import type { ApplicationFact, EndReason, FlowObserver, LiveFlow } from '../flow/flow.ts'
import { IpProtocol } from '../net/protocol.ts'
import { TRAFFIC, type Detector, type FactKind, type Memory, type Traffic } from './detector.ts'

const TCP_BARE = TRAFFIC.indexOf('tcp-bare')
const TCP_PAYLOAD = TRAFFIC.indexOf('tcp-payload')
const UDP = TRAFFIC.indexOf('udp')
const ICMP = TRAFFIC.indexOf('icmp')
const ARP = TRAFFIC.indexOf('arp')
const OTHER = TRAFFIC.indexOf('other')
const FRAGMENT = TRAFFIC.indexOf('fragment')

const TCP_TRUNCATED = malformedIndex('tcp-truncated')
const TCP_BAD_HEADER = malformedIndex('tcp-header-length')

/** A detector and one of its methods, which is called without a look-up: seventy classes are too many for V8's caches. */
interface Call<Method> {
  readonly detector: Detector
  readonly method: Method
}

/** A detector, or what it remembers: whatever lives on packet time. */
type Timed = Detector | Memory

type Calls<Name extends keyof Detector> = readonly Call<NonNullable<Detector[Name]>>[]

/** Cost: a packet or a fact is shown only to those who watch or hear its kind, one list a kind. */
export class Detectors implements FlowObserver {
  readonly #memories: readonly Memory[]
  readonly #timed: readonly Timed[]
  readonly #watchers: readonly Calls<'packet'>[]
  readonly #onOpened: Calls<'flowOpened'>
  readonly #onAnswered: Calls<'flowAnswered'>
  readonly #onSpoke: Calls<'flowSpoke'>
  /** Those of `#onSpoke` that hear a kind, listed when the first fact of it comes. */
  readonly #hearers = new Map<FactKind, Calls<'flowSpoke'>>()
  readonly #onEnded: Calls<'flowEnded'>
  /** Absent where no detector listens, so that no single fact is made. */
  readonly flowSpoke?: (flow: LiveFlow, fact: ApplicationFact) => void

  constructor(detectors: readonly Detector[]) {
    this.#memories = detectors.flatMap(({ memories = [] }) => memories)
    this.#timed = detectors.flatMap((detector) => [detector, ...(detector.memories ?? [])])
    this.#watchers = TRAFFIC.map((traffic) => callsOf(watchersOf(detectors, traffic), 'packet'))
    this.#onOpened = callsOf(detectors, 'flowOpened')
    this.#onAnswered = callsOf(detectors, 'flowAnswered')
    this.#onSpoke = callsOf(detectors, 'flowSpoke')
    this.#onEnded = callsOf(detectors, 'flowEnded')
    if (this.#onSpoke.length > 0) {
      this.flowSpoke = (flow, fact) => {
        for (const { detector, method } of this.#hearersOf(fact.kind)) {
          method.call(detector, flow, fact)
        }
      }
    }
  }

  packet(packet: Packet): void {
    const watchers = this.#watchers[trafficOf(packet)]!
    for (const { detector, method } of watchers) method.call(detector, packet)
    if (!packet.isFragment) return
    for (const { detector, method } of this.#watchers[FRAGMENT]!) method.call(detector, packet)
  }

  flowOpened(flow: LiveFlow): void {
    for (const { detector, method } of this.#onOpened) method.call(detector, flow)
  }

  flowAnswered(flow: LiveFlow): void {
    for (const { detector, method } of this.#onAnswered) method.call(detector, flow)
  }

  flowEnded(flow: LiveFlow, reason: EndReason): void {
    for (const { detector, method } of this.#onEnded) method.call(detector, flow, reason)
  }

  tick(nowUs: number): void {
    for (const timed of this.#timed) timed.tick?.(nowUs)
  }

  end(nowUs: number): void {
    for (const timed of this.#timed) timed.end?.(nowUs)
  }

  #hearersOf(kind: FactKind): Calls<'flowSpoke'> {
    const known = this.#hearers.get(kind)
    if (known !== undefined) return known
    const hearers = this.#onSpoke.filter(({ detector }) => detector.hears?.includes(kind) ?? true)
    this.#hearers.set(kind, hearers)
    return hearers
  }

  /** Entries forgotten because a table was full. */
  get forgotten(): number {
    return this.#memories.reduce((sum, { forgotten }) => sum + forgotten, 0)
  }
}

function watchersOf(detectors: readonly Detector[], traffic: Traffic): readonly Detector[] {
  return detectors.filter((detector) => detector.watches?.includes(traffic))
}

function callsOf<Name extends 'packet' | keyof FlowObserver>(
  detectors: readonly Detector[],
  name: Name,
): Calls<Name> {
  return detectors.flatMap((detector) => {
    const method = detector[name]
    return method === undefined ? [] : [{ detector, method }]
  })
}

function trafficOf(packet: Packet): number {
  if (packet.kind === PacketKind.ARP) return ARP
  if (packet.kind !== PacketKind.IP) return OTHER
  switch (packet.protocol) {
    case IpProtocol.TCP:
      if (hasNoTcpHeader(packet)) return OTHER
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

/** Without the flags and numbers of its header a segment says nothing: a capture of a few bytes a packet is full of them. */
function hasNoTcpHeader({ malformed }: Packet): boolean {
  return malformed === TCP_TRUNCATED || malformed === TCP_BAD_HEADER
}
