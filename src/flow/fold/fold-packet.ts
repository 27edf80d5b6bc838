/** Adds a packet to the record of its flow: counts, sizes, gaps, and what TCP tells. */
import type { Packet } from '../../decode/index.ts'
import { IpProtocol } from '../../net/protocol.ts'
import { foldTcp } from './fold-tcp.ts'
import { foldValue } from './running-stats.ts'
import type { FlowRecords } from '../table/flow-records.ts'
import { DOUBLE_SHIFT, Double, State, WORD_SHIFT, Word } from '../table/record-layout.ts'

/** Which end sent the packet; added to a field of the originator it names the responder's. */
export const Side = { ORIGINATOR: 0, RESPONDER: 1 } as const

/** Fills what only the first packet of a flow can tell. */
export function foldFirstPacket(records: FlowRecords, record: number, packet: Packet): void {
  const at = record << WORD_SHIFT
  const { words, doubles } = records
  words[at + Word.FLAGS] = packet.tcpFlags << 16
  words[at + Word.OPENING_PAYLOAD] = packet.payloadLength
  words[at + Word.HANDSHAKE_RTT] = -1
  words[at + Word.SIZE_MIN] = packet.ipLength
  const double = record << DOUBLE_SHIFT
  doubles[double + Double.START_US] = packet.timestampUs
  doubles[double + Double.LAST_US] = packet.timestampUs
}

/** Adds a packet to the counts of its flow and to nothing else: sizes and gaps stay as they are. */
export function countPacket(
  records: FlowRecords,
  record: number,
  packet: Packet,
  side: number,
): void {
  const at = record << WORD_SHIFT
  const double = record << DOUBLE_SHIFT
  const { words, doubles } = records
  words[at + Word.ORIGINATOR_PACKETS + side]! += 1
  words[at + Word.STATE]! |= State.REFERENCED
  words[at + Word.FLAGS]! |= packet.tcpFlags << (side * 8)
  doubles[double + Double.ORIGINATOR_BYTES + side]! += packet.ipLength
  doubles[double + Double.ORIGINATOR_PAYLOAD + side]! += packet.payloadLength
  if (packet.timestampUs > doubles[double + Double.LAST_US]!) {
    doubles[double + Double.LAST_US] = packet.timestampUs
  }
}

/** Adds a packet, the first one included. Cost: no allocation; three cache lines for IPv4. */
export function foldPacket(
  records: FlowRecords,
  record: number,
  packet: Packet,
  side: number,
): void {
  const at = record << WORD_SHIFT
  const { words } = records
  if (packet.protocol === IpProtocol.TCP) foldTcp(records, record, packet, side)
  words[at + Word.ORIGINATOR_PACKETS + side]! += 1
  // The packet that opens a flow earns it no second chance.
  if (words[at + Word.SIZE_MAX] !== 0) words[at + Word.STATE]! |= State.REFERENCED
  foldSizesAndGaps(records, record, packet, side)
}

function foldSizesAndGaps(
  records: FlowRecords,
  record: number,
  packet: Packet,
  side: number,
): void {
  const { words, doubles } = records
  const at = record << WORD_SHIFT
  const double = record << DOUBLE_SHIFT
  const size = packet.ipLength
  const count =
    (words[at + Word.ORIGINATOR_PACKETS]! >>> 0) + (words[at + Word.RESPONDER_PACKETS]! >>> 0)
  doubles[double + Double.ORIGINATOR_BYTES + side]! += size
  doubles[double + Double.ORIGINATOR_PAYLOAD + side]! += packet.payloadLength
  foldValue(doubles, double + Double.SIZE_MEAN, size, count)
  if (size < words[at + Word.SIZE_MIN]!) words[at + Word.SIZE_MIN] = size
  if (size > words[at + Word.SIZE_MAX]!) words[at + Word.SIZE_MAX] = size
  if (count === 1) return
  // Reordered packets have no negative gap, and the last packet's time never falls.
  const gap = Math.max(0, packet.timestampUs - doubles[double + Double.LAST_US]!)
  if (gap > 0) doubles[double + Double.LAST_US] = packet.timestampUs
  foldValue(doubles, double + Double.GAP_MEAN, gap, count - 1)
  if (count === 2 || gap < doubles[double + Double.GAP_MIN]!) {
    doubles[double + Double.GAP_MIN] = gap
  }
  if (gap > doubles[double + Double.GAP_MAX]!) doubles[double + Double.GAP_MAX] = gap
}
