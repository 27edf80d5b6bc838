/** What both IPs tell of a fragment: which bytes of the whole packet it holds (RFC 791 §3.2, RFC 8200 §4.5). */
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
