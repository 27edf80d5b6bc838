/** What both IPs tell of a fragment: which bytes of the whole packet it holds (RFC 791 §3.2, RFC 8200 §4.5). */
import { IpProtocol, TcpFlag } from '../../net/protocol.ts'
import type { Packet } from '../packet.ts'

/** Notes that the payload window, as it stands, is a fragment. Units: bytes. */
export function beginFragment(packet: Packet, offset: number, hasMore: boolean): void {
  packet.isFragment = true
  packet.isLaterFragment = offset > 0
  packet.fragmentOffset = offset
  packet.hasMoreFragments = hasMore
  packet.fragmentAt = packet.payloadOffset
  packet.fragmentCaptured = packet.payloadCaptured
  packet.fragmentLength = packet.payloadLength
}

/**
 * Returns the sequence number that the first byte of a fragmented IP payload would have if the TCP header were text
 * too; null where the first fragment bears no TCP header, or not all of it.
 */
export function fragmentOrigin(first: Packet): number | null {
  if (first.protocol !== IpProtocol.TCP || first.malformed !== 0) return null
  const headerLength = first.payloadOffset - first.fragmentAt
  const syn = (first.tcpFlags & TcpFlag.SYN) === 0 ? 0 : 1
  return (first.tcpSequence + syn - headerLength) | 0
}

/** Gives a later fragment its place in the stream of bytes; `origin` as of `fragmentOrigin`. */
export function placeFragment(packet: Packet, origin: number): void {
  packet.tcpSequence = (origin + packet.fragmentOffset) >>> 0
  packet.isPlacedFragment = true
}
