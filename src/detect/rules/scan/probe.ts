/**
 * Tells from a flow's first packet whether it may be a probe, and of which sort.
 *
 * Left out on purpose, since they are replies whose question was not seen: flows that open with SYN-ACK or
 * RST (backscatter), with data, or from a service port to an ephemeral one (a server talking on when the
 * capture starts, one-way captures of answers, reflection).
 */
import { IpProtocol, SIX_FLAGS, TcpFlag } from '../../../net/protocol.ts'
import type { LiveFlow } from '../../../flow/flow.ts'

/** The sorts of probe, in the order in which a scan of several sorts is named by its most frequent. */
const PROBES = [
  'none', 'syn', 'connect', 'fin', 'null', 'xmas', 'ack', 'maimon', 'odd', 'udp', 'ip-protocol', 'icmp', 'sctp',
] as const // prettier-ignore
export type ProbeName = Exclude<(typeof PROBES)[number], 'none'>

/** Names a sort of probe, as kinds do; none may not be asked for. */
export const probeName = (sort: number): ProbeName => PROBES[sort] as ProbeName

/** Index into PROBES by name. */
export const Probe = {
  NONE: 0, SYN: 1, CONNECT: 2, FIN: 3, NULL: 4, XMAS: 5, ACK: 6, MAIMON: 7, ODD: 8, UDP: 9, IP_PROTOCOL: 10, ICMP: 11, SCTP: 12,
} as const // prettier-ignore

/** A SYN with no more than an MSS option, which no socket API sends: 20 + 24 (IPv4), 40 + 24 (IPv6). */
export const BARE_SYN_BYTES = { 4: 44, 6: 64 } as const

/** UDP traceroute walks these ports, one a hop and try (RFC 1393's practice, traceroute(8)). */
const TRACEROUTE_FIRST = 33434
const TRACEROUTE_LAST = 33690

/** Names the sort of probe a new flow may be; `Probe.NONE` for what cannot be one. */
export function probeOf(flow: LiveFlow): number {
  if (isMulticast(flow)) return Probe.NONE
  switch (flow.protocol) {
    case IpProtocol.TCP:
      return tcpProbe(flow)
    case IpProtocol.UDP:
      if (isLease(flow)) return Probe.NONE
      // No service answers with nothing.
      return flow.openingPayloadBytes > 0 && looksLikeAnswer(flow) ? Probe.NONE : Probe.UDP
    case IpProtocol.ICMP:
      return isIcmpQuestion(flow.originatorPort) ? Probe.ICMP : Probe.NONE
    case IpProtocol.ICMPV6:
      return flow.originatorPort === 128 ? Probe.ICMP : Probe.NONE
    case IpProtocol.SCTP:
      return sctpProbe(flow)
    default:
      return Probe.IP_PROTOCOL
  }
}

/** Gives the sort under which probes are told together: a bare SYN and a socket's SYN are one. */
export function sortOf(probe: number): number {
  return probe === Probe.CONNECT ? Probe.SYN : probe
}

/** Says whether no innocent program sends such probes. */
export function isStealthy(sort: number): boolean {
  return sort === Probe.FIN || sort === Probe.NULL || sort === Probe.XMAS || sort === Probe.ODD
}

/** Says whether a flow is one of the many that UDP traceroute opens, which end on the way and mean nobody. */
export function isTraceroute({ protocol, responderPort: port }: LiveFlow): boolean {
  return protocol === IpProtocol.UDP && port >= TRACEROUTE_FIRST && port <= TRACEROUTE_LAST
}

/** Gives the port a probe tries; the whole range of UDP traceroute is one port. */
export function probedPort(flow: LiveFlow): number {
  if (!hasPorts(flow)) return flow.protocol
  const port = flow.responderPort
  return isTraceroute(flow) ? TRACEROUTE_FIRST : port
}

function hasPorts({ protocol, responderPort }: LiveFlow): boolean {
  if (protocol === IpProtocol.SCTP) return responderPort !== 0
  return protocol === IpProtocol.TCP || protocol === IpProtocol.UDP
}

/** INIT, or whatever else is sent first; without ports it is the protocol that is tried. */
function sctpProbe(flow: LiveFlow): number {
  if (!hasPorts(flow)) return Probe.IP_PROTOCOL
  return looksLikeAnswer(flow) ? Probe.NONE : Probe.SCTP
}

function tcpProbe(flow: LiveFlow): number {
  const flags = flow.openingTcpFlags & SIX_FLAGS
  switch (flags) {
    case TcpFlag.SYN:
      return flow.originatorBytes <= BARE_SYN_BYTES[flow.ipVersion === 6 ? 6 : 4]
        ? Probe.SYN
        : Probe.CONNECT
    case TcpFlag.FIN:
      return Probe.FIN
    case 0:
      return Probe.NULL
    case TcpFlag.FIN | TcpFlag.PSH | TcpFlag.URG:
      return Probe.XMAS
    case TcpFlag.ACK:
      return flow.openingPayloadBytes > 0 || looksLikeAnswer(flow) ? Probe.NONE : Probe.ACK
    case TcpFlag.FIN | TcpFlag.ACK:
      return flow.openingPayloadBytes > 0 || looksLikeAnswer(flow) ? Probe.NONE : Probe.MAIMON
    default:
      return isIllegal(flags) ? Probe.ODD : Probe.NONE
  }
}

/** SYN with FIN or RST, or a segment beyond the first without ACK: no stack sends these (RFC 9293 §3.10). */
function isIllegal(flags: number): boolean {
  const hasSyn = (flags & TcpFlag.SYN) !== 0
  if (hasSyn) return (flags & (TcpFlag.FIN | TcpFlag.RST | TcpFlag.URG)) !== 0
  return (flags & (TcpFlag.ACK | TcpFlag.RST)) === 0
}

/** DHCP's servers answer to a low port, and the client's next word is a broadcast (RFC 2131 §4.1, RFC 8415 §7.2). */
function isLease({ originatorPort, responderPort }: LiveFlow): boolean {
  return (
    (originatorPort === 67 && responderPort === 68) ||
    (originatorPort === 547 && responderPort === 546)
  )
}

/** From a lower port to a higher one beyond the well-known: a service speaking to its client. */
export function looksLikeAnswer(flow: LiveFlow): boolean {
  return flow.responderPort >= 1024 && flow.originatorPort < flow.responderPort
}

/** Echo, timestamp, information and mask requests (RFC 792, RFC 950). */
function isIcmpQuestion(type: number): boolean {
  return type === 8 || type === 13 || type === 15 || type === 17
}

/** IPv4 multicast and broadcast; IPv6 multicast is told by its text, later. */
function isMulticast(flow: LiveFlow): boolean {
  if (flow.ipVersion !== 4) return false
  const key = flow.responderKey
  return (key >= 0xe0000000 && key < 0xf0000000) || key === 0xffffffff
}
