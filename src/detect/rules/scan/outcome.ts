/** What became of a flow that may have been a probe. */
import { IpProtocol, TcpFlag } from '../../../net/protocol.ts'
import type { LiveFlow } from '../../../flow/flow.ts'
import { BARE_SYN_BYTES } from './probe.ts'

/** A flow whose originator sent this much was at work, even where no answer was captured. */
const AT_WORK_PACKETS = 5

/** SCTP's ABORT is one short chunk (RFC 9260 §3.3.7); INIT-ACK carries a cookie and is far longer. */
const MOST_ABORT_BYTES = 16

/** RST or ABORT to the opening, or an ICMP error about it. */
export function isRefused(flow: LiveFlow): boolean {
  if (flow.protocol === IpProtocol.SCTP) {
    const { responderPackets, responderPayloadBytes } = flow
    const isAborted =
      responderPackets > 0 && responderPayloadBytes <= MOST_ABORT_BYTES * responderPackets
    return flow.wasIcmpRefused || isAborted
  }
  return flow.wasIcmpRefused || (flow.responderTcpFlags & TcpFlag.RST) !== 0
}

/** Accepted by the responder, and over without a byte of payload either way. */
export function isAnsweredInVain(flow: LiveFlow): boolean {
  const accepted = (flow.responderTcpFlags & TcpFlag.SYN) !== 0
  return accepted && flow.originatorPayloadBytes + flow.responderPayloadBytes === 0
}

/** Of a flow answered in vain: a SYN no socket sends, and nothing but resets after it. */
export function isHalfOpen(flow: LiveFlow): boolean {
  const { originatorTcpFlags: flags, originatorBytes, originatorPackets, ipVersion } = flow
  if ((flags & TcpFlag.RST) === 0 || (flags & TcpFlag.ACK) !== 0) return false
  // A reset is no longer than a bare SYN.
  return originatorBytes <= originatorPackets * BARE_SYN_BYTES[ipVersion === 6 ? 6 : 4]
}

/** Something was done over the flow, as far as either direction shows. */
export function wasPutToUse(flow: LiveFlow): boolean {
  if (flow.wasIcmpRefused) return false
  if (flow.protocol === IpProtocol.SCTP && isRefused(flow)) return false
  if (flow.originatorPackets >= AT_WORK_PACKETS || flow.responderPayloadBytes > 0) return true
  // Data before the handshake's ACK is no use of a port: fragments of a SYN count as payload.
  const isPastHandshake = (flow.originatorTcpFlags & TcpFlag.ACK) !== 0
  return flow.protocol === IpProtocol.TCP && isPastHandshake && flow.originatorPayloadBytes > 0
}
