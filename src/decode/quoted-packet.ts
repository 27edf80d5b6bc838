/** The packet an ICMP error speaks of, quoted behind its header (RFC 792, RFC 4443 §3, RFC 1812 §4.3.2.3). */
import { IpProtocol } from '../net/protocol.ts'
import { clearNetwork } from './clear-packet.ts'
import { decodeIpv4 } from './ip/ipv4.ts'
import { decodeIpv6 } from './ip/ipv6.ts'
import { PacketKind, type Packet } from './packet.ts'

const ICMP_UNREACHABLE = 3
const ICMPV6_UNREACHABLE = 1
/** "Fragmentation needed" refuses nothing; it is how path MTU discovery works. */
const FRAGMENTATION_NEEDED = 4

/**
 * Says whether a packet is a "destination unreachable", which quotes the packet it refuses.
 *
 * Time exceeded is not a refusal: it is what traceroute lives on.
 */
export function isUnreachable(packet: Packet): boolean {
  if (packet.malformed !== 0 || packet.isLaterFragment) return false
  if (packet.protocol === IpProtocol.ICMPV6) return packet.sourcePort === ICMPV6_UNREACHABLE
  return (
    packet.protocol === IpProtocol.ICMP &&
    packet.sourcePort === ICMP_UNREACHABLE &&
    packet.destinationPort !== FRAGMENTATION_NEEDED
  )
}

/**
 * Decodes the quoted packet into `quoted`; false when it holds no addresses and ports.
 *
 * Eight bytes of transport are enough; the quote is always cut, so `quoted.malformed` says little.
 */
export function decodeQuotedPacket(error: Packet, quoted: Packet): boolean {
  clearNetwork(quoted)
  quoted.kind = PacketKind.NONE
  quoted.malformed = 0
  quoted.timestampUs = error.timestampUs
  quoted.vlan = error.vlan
  // The flow of an error that came through a tunnel is one in the tunnel.
  quoted.tunnelDepth = error.tunnelDepth
  quoted.buffer = error.buffer
  quoted.payloadOffset = error.payloadOffset
  quoted.payloadCaptured = error.payloadCaptured
  // The quote is shorter than the packet was: its own length fields must not be held against it.
  quoted.payloadLength = 0xffff
  if (error.ipVersion === 4) decodeIpv4(quoted)
  else decodeIpv6(quoted)
  return quoted.kind === PacketKind.IP && !quoted.isLaterFragment
}
