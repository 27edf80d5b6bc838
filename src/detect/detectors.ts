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
interface Call<Owner, Method> {
  readonly owner: Owner
  readonly method: Method
}

/** A detector, or what it remembers: whatever lives on packet time. */
type Timed = Detector | Memory

type TimedCalls = readonly Call<Timed, (nowUs: number) => void>[]

/** What is called for each packet or flow. */
type Method = 'packet' | Exclude<keyof FlowObserver, 'flowWoke'>

type Calls<Name extends Method> = readonly Call<Detector, NonNullable<Detector[Name]>>[]

/** Who is shown what becomes of flows. */
class FlowCalls {
  readonly opened: Calls<'flowOpened'>
  readonly answered: Calls<'flowAnswered'>
  readonly ended: Calls<'flowEnded'>

  constructor(detectors: readonly Detector[]) {
    this.opened = callsOf(detectors, 'flowOpened')
    this.answered = callsOf(detectors, 'flowAnswered')
    this.ended = callsOf(detectors, 'flowEnded')
  }
}

/**
 * Cost: a packet or a fact is shown only to those who watch or hear its kind, one list a kind; an absorbed flow only
 * to those who see such, and to the rest when it wakes.
 */
export class Detectors implements FlowObserver {
  readonly #memories: readonly Memory[]
  readonly #onTick: TimedCalls
  readonly #onEnd: TimedCalls
  readonly #watchers: readonly Calls<'packet'>[]
  readonly #absorbers: Calls<'absorbs'>
  readonly #all: FlowCalls
  readonly #ofAbsorbed: FlowCalls
  readonly #ofWoken: FlowCalls
  readonly #onSpoke: Calls<'flowSpoke'>
  /** Those of `#onSpoke` that hear a kind, listed when the first fact of it comes. */
  readonly #hearers = new Map<FactKind, Calls<'flowSpoke'>>()
  /** Absent where no detector listens, so that no single fact is made. */
  readonly flowSpoke?: (flow: LiveFlow, fact: ApplicationFact) => void

  constructor(detectors: readonly Detector[]) {
    this.#memories = detectors.flatMap(({ memories = [] }) => memories)
    const timed = detectors.flatMap<Timed>((detector) => [detector, ...(detector.memories ?? [])])
    this.#onTick = callsOf(timed, 'tick')
    this.#onEnd = callsOf(timed, 'end')
    this.#watchers = TRAFFIC.map((traffic) => callsOf(watchersOf(detectors, traffic), 'packet'))
    this.#absorbers = callsOf(detectors, 'absorbs')
    this.#all = new FlowCalls(detectors)
    this.#ofAbsorbed = new FlowCalls(detectors.filter(({ seesAbsorbed }) => seesAbsorbed === true))
    this.#ofWoken = new FlowCalls(detectors.filter(({ seesAbsorbed }) => seesAbsorbed !== true))
    this.#onSpoke = callsOf(detectors, 'flowSpoke')
    if (this.#onSpoke.length > 0) {
      this.flowSpoke = (flow, fact) => {
        for (const { owner, method } of this.#hearersOf(fact.kind)) {
          method.call(owner, flow, fact)
        }
      }
    }
  }

  packet(packet: Packet): void {
    const watchers = this.#watchers[trafficOf(packet)]!
    for (const { owner, method } of watchers) method.call(owner, packet)
    if (!packet.isFragment) return
    for (const { owner, method } of this.#watchers[FRAGMENT]!) method.call(owner, packet)
  }

  absorbs(flow: LiveFlow): boolean {
    for (const { owner, method } of this.#absorbers) if (method.call(owner, flow)) return true
    return false
  }

  flowOpened(flow: LiveFlow): void {
    for (const { owner, method } of this.#callsOf(flow).opened) method.call(owner, flow)
  }

  flowAnswered(flow: LiveFlow): void {
    for (const { owner, method } of this.#callsOf(flow).answered) method.call(owner, flow)
  }

  /** Shows what came of the flow so far to those who have not been shown it. */
  flowWoke(flow: LiveFlow, wasAnswered: boolean): void {
    const { opened, answered } = this.#ofWoken
    for (const { owner, method } of opened) method.call(owner, flow)
    if (!wasAnswered) return
    for (const { owner, method } of answered) method.call(owner, flow)
  }

  flowEnded(flow: LiveFlow, reason: EndReason): void {
    for (const { owner, method } of this.#callsOf(flow).ended) {
      method.call(owner, flow, reason)
    }
  }

  tick(nowUs: number): void {
    for (const { owner, method } of this.#onTick) method.call(owner, nowUs)
  }

  end(nowUs: number): void {
    for (const { owner, method } of this.#onEnd) method.call(owner, nowUs)
  }

  #callsOf(flow: LiveFlow): FlowCalls {
    return flow.isAbsorbed ? this.#ofAbsorbed : this.#all
  }

  #hearersOf(kind: FactKind): Calls<'flowSpoke'> {
    const known = this.#hearers.get(kind)
    if (known !== undefined) return known
    const hearers = this.#onSpoke.filter(({ owner }) => owner.hears?.includes(kind) ?? true)
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

function callsOf<Owner, Name extends keyof Owner>(
  owners: readonly Owner[],
  name: Name,
): readonly Call<Owner, NonNullable<Owner[Name]>>[] {
  return owners.flatMap((owner) => {
    const method = owner[name]
    return method === undefined || method === null ? [] : [{ owner, method }]
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
