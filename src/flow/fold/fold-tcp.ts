/** What a TCP segment adds to its flow: flags, the ends' states, retransmissions, the handshake's time. */
import type { Packet } from '../../decode/index.ts'
import { TcpFlag } from '../../net/protocol.ts'
import type { FlowRecords } from '../table/flow-records.ts'
import { DOUBLE_SHIFT, Double, State, WORD_SHIFT, Word } from '../table/record-layout.ts'
import { Endpoint, isOver, nextEndpointStates, peerState, senderState } from './tcp-state.ts'

const SYN_ACK = TcpFlag.SYN | TcpFlag.ACK
/** How far behind the responder's next byte an acknowledgement may honestly lag. */
const ACKNOWLEDGEMENT_WINDOW = 1 << 20
/** The most that an end may have sent when its SYN is still repeated. */
const LONGEST_STRETCH = 1 << 20

/** Adds a segment to the record; call it before the packet itself is counted there. */
export function foldTcp(records: FlowRecords, record: number, packet: Packet, side: number): void {
  const words = records.words
  const at = record << WORD_SHIFT
  const flags = packet.tcpFlags
  // A later fragment is the middle of a segment, unless the first was cut before its flags.
  if (packet.isLaterFragment && flags === 0) {
    if (packet.isPlacedFragment) advanceTo(words, at, endOf(packet, 0), side)
    return
  }
  words[at + Word.FLAGS]! |= flags << (side * 8)
  if (side === 1 && (flags & SYN_ACK) === SYN_ACK) foldHandshakeTime(records, record, packet)
  foldEndpoints(words, at, flags, side)
  if (!packet.isLaterFragment) foldSequence(words, at, packet, side)
}

function foldEndpoints(words: Int32Array, at: number, flags: number, side: number): void {
  const state = words[at + Word.STATE]!
  const originator = (state >>> State.ORIGINATOR_SHIFT) & State.ENDPOINT_MASK
  const responder = (state >>> State.RESPONDER_SHIFT) & State.ENDPOINT_MASK
  const isFromOriginator = side === 0
  const next = isFromOriginator
    ? nextEndpointStates(originator, responder, flags, true)
    : nextEndpointStates(responder, originator, flags, false)
  const newOriginator = isFromOriginator ? senderState(next) : peerState(next)
  const newResponder = isFromOriginator ? peerState(next) : senderState(next)
  if (newOriginator === originator && newResponder === responder) return
  const closed = isOver(newOriginator, newResponder) ? State.CLOSED : 0
  words[at + Word.STATE] =
    (state & ~State.ENDPOINTS) |
    (newOriginator << State.ORIGINATOR_SHIFT) |
    (newResponder << State.RESPONDER_SHIFT) |
    closed
}

function foldSequence(words: Int32Array, at: number, packet: Packet, side: number): void {
  // The FIN's number follows the last byte, which in the first of several fragments has not come.
  const last = packet.hasMoreFragments ? 0 : TcpFlag.FIN
  const controls = packet.tcpFlags & (TcpFlag.SYN | last)
  const controlLength = controls === 0 ? 0 : controls === 3 ? 2 : 1
  const length = packet.payloadLength + controlLength
  const sequence = packet.tcpSequence | 0
  const end = endOf(packet, controlLength)
  const nextAt = at + Word.ORIGINATOR_NEXT + side
  const next = words[nextAt]!
  const isAnew = (packet.tcpFlags & TcpFlag.SYN) !== 0 && !isNear(sequence, next)
  // 0 is "not known": a side's first packet may be a fragment, which tells no number.
  if (isAnew || next === 0) {
    words[nextAt] = end
    return
  }
  advanceTo(words, at, end, side)
  if (length === 0 || ((sequence - next) | 0) >= 0) return
  // A keep-alive sends the byte before the next one again, and means nothing by it (RFC 9293 §3.8.4).
  const isKeepAlive = controls === 0 && length === 1 && ((sequence + 1 - next) | 0) === 0
  if (!isKeepAlive) words[at + Word.ORIGINATOR_RETRANSMISSIONS + side]! += 1
}

function endOf({ tcpSequence, payloadLength }: Packet, controlLength: number): number {
  return ((tcpSequence | 0) + payloadLength + controlLength) | 0
}

function advanceTo(words: Int32Array, at: number, end: number, side: number): void {
  const nextAt = at + Word.ORIGINATOR_NEXT + side
  if (((end - words[nextAt]!) | 0) > 0) words[nextAt] = end
}

/** A SYN far from what was sent begins anew: the port is used again, and nobody saw how the last use ended. */
function isNear(sequence: number, next: number): boolean {
  const behind = (next - sequence) | 0
  return behind > 0 && behind <= LONGEST_STRETCH
}

/**
 * Returns how far past the byte its side sends next a segment begins: 0 in order, more after a loss, less
 * when it repeats or comes late. Call it before the segment is folded.
 */
export function sequenceGap(words: Int32Array, at: number, packet: Packet, side: number): number {
  if (words[at + Word.ORIGINATOR_PACKETS + side] === 0) return 0
  return ((packet.tcpSequence | 0) - words[at + Word.ORIGINATOR_NEXT + side]!) | 0
}

function foldHandshakeTime(records: FlowRecords, record: number, packet: Packet): void {
  const { words, doubles } = records
  const at = record << WORD_SHIFT
  const isFirstAnswer =
    words[at + Word.RESPONDER_PACKETS] === 0 &&
    (words[at + Word.STATE]! & State.ENDPOINT_MASK) === Endpoint.SYN_SENT
  // Taken out of order, the handshake's last packet would stand for its first.
  const isInOrder = (words[at + Word.FLAGS]! & TcpFlag.ACK) === 0
  if (!isFirstAnswer || !isInOrder) return
  // The packet before is the SYN, or its last repetition.
  const rttUs = packet.timestampUs - doubles[(record << DOUBLE_SHIFT) + Double.LAST_US]!
  words[at + Word.HANDSHAKE_RTT] = Math.min(Math.max(0, rttUs), 0x7fffffff)
}

/**
 * Says whether the originator's segment proves that it has seen our answer.
 *
 * A spoofer cannot: it would have to guess the responder's sequence number.
 */
export function confirmsHandshake(words: Int32Array, at: number, packet: Packet): boolean {
  if ((packet.tcpFlags & TcpFlag.RST) !== 0) return false
  const originator = (words[at + Word.STATE]! >>> State.ORIGINATOR_SHIFT) & State.ENDPOINT_MASK
  if (originator === Endpoint.PARTIAL) return true
  if ((packet.tcpFlags & TcpFlag.ACK) === 0) return false
  const behind = (words[at + Word.RESPONDER_NEXT]! - (packet.tcpAcknowledgement | 0)) | 0
  return behind >= 0 && behind < ACKNOWLEDGEMENT_WINDOW
}
