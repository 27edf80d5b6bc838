/** Leaves out of a sensor's work what the level in force says, and counts it. */
import { PacketKind, type Packet } from '../decode/packet.ts'
import { FlowShedding, type LiveFlow } from '../flow/index.ts'
import { IpProtocol, TcpFlag } from '../net/protocol.ts'
import { ShedLevel, type Skipped } from './shed-levels.ts'

/** A lookup, a probe, a refused connection: what makes up nearly all flows of a busy minute, or of a flood. */
const SHORT_PACKETS = 4
/** Of short flows one in so many gets its record even so. */
const ONE_IN = 16
const TURNS = TcpFlag.SYN | TcpFlag.FIN | TcpFlag.RST

export class Shedder {
  /** The part of it that is the flow table's. */
  readonly flows = new FlowShedding()
  #level: number = ShedLevel.NONE
  #scores = 0
  #shortFlows = 0
  #records = 0

  /** Whether packets are to be kept as evidence: no longer than there is time for everything. */
  get keepsEvidence(): boolean {
    return this.#level === ShedLevel.NONE
  }

  /** Puts a level in force. */
  set level(level: number) {
    this.#level = level
    this.flows.readsApplications = level < ShedLevel.APPLICATIONS
    this.flows.foldsDetails = level < ShedLevel.DETAIL
    this.flows.opensFlows = level < ShedLevel.OPENINGS
  }

  /** Says whether detectors are to see a packet. Cost: one comparison while nothing is shed. */
  isWatched(packet: Packet): boolean {
    if (this.#level < ShedLevel.DETAIL) return true
    const isTcp = packet.kind === PacketKind.IP && packet.protocol === IpProtocol.TCP
    return !isTcp || packet.payloadLength === 0 || (packet.tcpFlags & TURNS) !== 0
  }

  /** Says whether flows are to be followed for their scores. */
  get scores(): boolean {
    return this.#level < ShedLevel.MODELS
  }

  /** Says whether a flow that ended is to be scored. */
  scoresEnded(): boolean {
    if (this.scores) return true
    this.#scores += 1
    return false
  }

  /** Says whether a flow that ended is to have a record. */
  records(flow: LiveFlow): boolean {
    if (this.#level < ShedLevel.RECORDS) return true
    if (flow.originatorPackets + flow.responderPackets > SHORT_PACKETS) return true
    this.#shortFlows += 1
    if (this.#shortFlows % ONE_IN === 1) return true
    this.#records += 1
    return false
  }

  /** What was left out so far. */
  skipped(): Skipped {
    const { unreadPayloads, undetailedPackets, unopenedPackets } = this.flows
    return {
      payloads: unreadPayloads,
      scores: this.#scores,
      records: this.#records,
      details: undetailedPackets,
      openings: unopenedPackets,
    }
  }
}
