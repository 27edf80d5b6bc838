/** What the flow table leaves out on order, when its process is under pressure, and how much that was. */
import type { Packet } from '../decode/index.ts'
import { IpProtocol, TcpFlag } from '../net/protocol.ts'
import { State } from './table/record-layout.ts'

const TURNS = TcpFlag.SYN | TcpFlag.FIN | TcpFlag.RST

export class FlowShedding {
  /** False to read nothing of what applications say; they are told apart all the same. */
  readsApplications = true
  /** False to merely count the data packets of confirmed flows: no sizes, gaps or retransmissions. */
  foldsDetails = true
  /** False to open no flow. */
  opensFlows = true
  /** Payloads that would have been read. */
  unreadPayloads = 0
  /** Packets merely counted. */
  undetailedPackets = 0
  /** Packets that found no flow and opened none. */
  unopenedPackets = 0
}

/** Says whether a packet only adds data to a flow (of this state) whose sides are both really there. */
export function isMereData(packet: Packet, state: number): boolean {
  if ((state & State.CONFIRMED) === 0 || packet.payloadLength === 0) return false
  return packet.protocol !== IpProtocol.TCP || (packet.tcpFlags & TURNS) === 0
}
