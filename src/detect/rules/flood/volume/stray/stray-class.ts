/** What may flood outside any conversation: UDP, TCP by the flags of its segments, and other protocols. */
import { IpProtocol, TcpFlag } from '../../../../../net/protocol.ts'
import type { Kind } from '../../../../told-names.ts'

export interface StrayClass {
  readonly kind: Kind
  /** As counted in the summary: `UDP flow`. */
  readonly noun: string
}

export const STRAY_CLASSES: readonly StrayClass[] = [
  { kind: 'flood.udp', noun: 'UDP flow' },
  { kind: 'flood.ack', noun: 'bare ACK' },
  { kind: 'flood.rst', noun: 'RST' },
  { kind: 'flood.fin', noun: 'FIN' },
  { kind: 'flood.psh-ack', noun: 'data segment' },
  { kind: 'flood.tcp', noun: 'oddly flagged segment' },
  { kind: 'flood.ip', noun: 'IP flow' },
]
export const UDP = 0
export const ACK = 1
export const RST = 2
const FIN = 3
const DATA = 4
const ODD = 5
export const OTHER = 6

/** Begins a connection, answers one, or is watched elsewhere. */
export const NO_CLASS = -1

const FLAGS = TcpFlag.FIN | TcpFlag.SYN | TcpFlag.RST | TcpFlag.PSH | TcpFlag.ACK | TcpFlag.URG

/** An index into STRAY_CLASSES for what a flow began with, or for a packet; -1 where it is of none. */
export function strayClass(protocol: number, tcpFlags: number, payloadBytes: number): number {
  switch (protocol) {
    case IpProtocol.UDP:
      return UDP
    case IpProtocol.TCP:
      return tcpClass(tcpFlags & FLAGS, payloadBytes)
    case IpProtocol.ICMP:
    case IpProtocol.ICMPV6:
    case IpProtocol.IGMP:
      return NO_CLASS
    default:
      return OTHER
  }
}

function tcpClass(flags: number, payloadBytes: number): number {
  if ((flags & TcpFlag.SYN) !== 0) {
    return (flags & (TcpFlag.FIN | TcpFlag.RST)) === 0 ? NO_CLASS : ODD
  }
  if (flags === TcpFlag.ACK && payloadBytes === 0) return ACK
  if ((flags & ~TcpFlag.ACK) === TcpFlag.RST) return RST
  if ((flags & ~TcpFlag.ACK) === TcpFlag.FIN) return FIN
  const isData = (flags & ~TcpFlag.PSH) === TcpFlag.ACK
  return isData ? DATA : ODD
}
