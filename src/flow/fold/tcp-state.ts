/**
 * What the two ends of a TCP flow have shown, and Zeek's conn_state letters made from it.
 *
 * Source: RFC 9293 §3.3.2; Zeek's TCPSessionAdapter and conn_state(), whose letters analysts know.
 */
import { TcpFlag } from '../../net/protocol.ts'
import { CONN_STATES, type ConnState } from '../flow.ts'

/** States of one endpoint. */
export const Endpoint = {
  INACTIVE: 0,
  SYN_SENT: 1,
  SYN_ACK_SENT: 2,
  /** Seen in mid-stream, without a handshake. */
  PARTIAL: 3,
  ESTABLISHED: 4,
  CLOSED: 5,
  RESET: 6,
} as const

const STATE_BITS = 3
const STATE_MASK = 7

/**
 * Returns the two endpoints' states, sender in the lower three bits and its peer in the next, after a
 * segment with these flags.
 */
export function nextEndpointStates(
  sender: number,
  peer: number,
  flags: number,
  isFromOriginator: boolean,
): number {
  switch (sender) {
    case Endpoint.INACTIVE:
      return fromInactive(peer, flags, isFromOriginator)
    case Endpoint.CLOSED:
      // After both FINs a reset changes nothing: the flow ended well.
      return (flags & TcpFlag.RST) !== 0 && peer !== Endpoint.CLOSED
        ? pack(Endpoint.RESET, peer)
        : pack(sender, peer)
    case Endpoint.RESET:
      return pack(sender, peer)
    default:
      return pack(fromActive(sender, flags), peer)
  }
}

function fromInactive(peer: number, flags: number, isFromOriginator: boolean): number {
  if ((flags & TcpFlag.RST) !== 0) return pack(Endpoint.RESET, peer)
  if ((flags & TcpFlag.FIN) !== 0) return pack(Endpoint.CLOSED, peer)
  if ((flags & TcpFlag.SYN) !== 0) {
    if (isFromOriginator) {
      const isReply = (flags & TcpFlag.ACK) !== 0
      return pack(isReply ? Endpoint.SYN_ACK_SENT : Endpoint.SYN_SENT, peer)
    }
    // A SYN-ACK, or a simultaneous open: both ends agree from here on.
    return pack(Endpoint.ESTABLISHED, peer === Endpoint.SYN_SENT ? Endpoint.ESTABLISHED : peer)
  }
  // The handshake's ACK, where the SYN itself was missed.
  if (peer === Endpoint.ESTABLISHED) return pack(Endpoint.ESTABLISHED, peer)
  // Some stacks acknowledge a SYN before they answer it.
  if (!isFromOriginator && peer === Endpoint.SYN_SENT) return pack(Endpoint.INACTIVE, peer)
  return pack(Endpoint.PARTIAL, peer)
}

function fromActive(sender: number, flags: number): number {
  if ((flags & TcpFlag.RST) !== 0) return Endpoint.RESET
  if ((flags & TcpFlag.FIN) !== 0) return Endpoint.CLOSED
  return sender
}

function pack(sender: number, peer: number): number {
  return sender | (peer << STATE_BITS)
}

/** Says whether the flow is over: closed from both sides, or reset. */
export function isOver(originator: number, responder: number): boolean {
  if (originator === Endpoint.RESET || responder === Endpoint.RESET) return true
  return originator === Endpoint.CLOSED && responder === Endpoint.CLOSED
}

const INDEX = Object.fromEntries(CONN_STATES.map((state, index) => [state, index])) as Record<
  ConnState,
  number
>

/** Returns the index into CONN_STATES for a TCP flow. */
export function tcpConnState(originator: number, responder: number, payloadBytes: number): number {
  const isOriginatorQuiet = originator === Endpoint.INACTIVE || originator === Endpoint.PARTIAL
  const isResponderQuiet = responder === Endpoint.INACTIVE || responder === Endpoint.PARTIAL
  if (responder === Endpoint.RESET) {
    const isRejected =
      originator === Endpoint.SYN_SENT ||
      originator === Endpoint.SYN_ACK_SENT ||
      (originator === Endpoint.RESET && payloadBytes === 0)
    if (isRejected) return INDEX.REJ
    return isOriginatorQuiet ? INDEX.RSTRH : INDEX.RSTR
  }
  if (originator === Endpoint.RESET) return isResponderQuiet ? INDEX.RSTOS0 : INDEX.RSTO
  if (originator === Endpoint.CLOSED) {
    if (responder === Endpoint.CLOSED) return INDEX.SF
    return isResponderQuiet ? INDEX.SH : INDEX.S2
  }
  if (responder === Endpoint.CLOSED) return isOriginatorQuiet ? INDEX.SHR : INDEX.S3
  if (originator === Endpoint.SYN_SENT && responder === Endpoint.INACTIVE) return INDEX.S0
  const isEstablished = originator === Endpoint.ESTABLISHED && responder === Endpoint.ESTABLISHED
  return isEstablished ? INDEX.S1 : INDEX.OTH
}

/** Returns the index into CONN_STATES for anything but TCP: who spoke. */
export function plainConnState(originatorPackets: number, responderPackets: number): number {
  if (originatorPackets === 0) return INDEX.SHR
  return responderPackets === 0 ? INDEX.S0 : INDEX.SF
}

/** Takes one endpoint's state out of a packed pair. */
export function senderState(packed: number): number {
  return packed & STATE_MASK
}

/** Takes the peer's state out of a packed pair. */
export function peerState(packed: number): number {
  return (packed >>> STATE_BITS) & STATE_MASK
}
