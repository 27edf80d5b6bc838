/**
 * The step from a tunnel's outer packet to the one inside, which takes its place.
 *
 * What does not begin like an inner packet is left alone: it stays the outer packet's payload.
 */
import { clearNetwork } from '../clear-packet.ts'
import { decodeIpv4 } from '../ip/ipv4.ts'
import { decodeIpv6 } from '../ip/ipv6.ts'
import { decodeEthernet } from '../link/ethernet.ts'
import { malformedIndex } from '../malformed.ts'
import { PacketKind, type Packet } from '../packet.ts'
import { skipHeader } from '../payload.ts'

/** Honest stacks (VXLAN in GRE on a VPN host) nest two deep; more exist only to tire or to blind the reader. */
const MOST_TUNNELS = 3

const IPV4_LENGTH = 20
const IPV6_LENGTH = 40
const ETHERNET_LENGTH = 14

/** Longer than any inner packet, whose own length then counts. */
const UNKNOWN_LENGTH = 0xffff

const TOO_DEEP = malformedIndex('tunnel-depth')

/** Opens an IPv4 packet behind `headerLength` bytes of payload; false when none is there or it lies too deep. */
export function enterIpv4(packet: Packet, tunnel: number, headerLength: number): boolean {
  if (!beginsWithVersion(packet, headerLength, 4, IPV4_LENGTH)) return false
  if (!enter(packet, tunnel, headerLength)) return false
  decodeIpv4(packet)
  return true
}

/** Opens an IPv6 packet in the same way. */
export function enterIpv6(packet: Packet, tunnel: number, headerLength: number): boolean {
  if (!beginsWithVersion(packet, headerLength, 6, IPV6_LENGTH)) return false
  if (!enter(packet, tunnel, headerLength)) return false
  decodeIpv6(packet)
  return true
}

/** Opens an Ethernet frame in the same way; its MAC addresses replace the outer ones. */
export function enterEthernet(packet: Packet, tunnel: number, headerLength: number): boolean {
  if (packet.payloadCaptured < headerLength + ETHERNET_LENGTH) return false
  if (!enter(packet, tunnel, headerLength)) return false
  decodeEthernet(packet)
  return true
}

function beginsWithVersion(
  packet: Packet,
  headerLength: number,
  version: number,
  length: number,
): boolean {
  if (packet.payloadCaptured < headerLength + length) return false
  return packet.buffer[packet.payloadOffset + headerLength]! >>> 4 === version
}

function enter(packet: Packet, tunnel: number, headerLength: number): boolean {
  if (packet.tunnelDepth === MOST_TUNNELS) {
    packet.malformed = TOO_DEEP
    return false
  }
  if (packet.tunnelDepth === 0) noteOutermost(packet, tunnel)
  packet.tunnelDepth += 1
  skipHeader(packet, headerLength)
  // The outer packet's first fragment holds only the beginning of the inner one.
  if (packet.isFragment) packet.payloadLength = UNKNOWN_LENGTH
  packet.kind = PacketKind.NONE
  clearNetwork(packet)
  return true
}

function noteOutermost(packet: Packet, tunnel: number): void {
  packet.tunnel = tunnel
  packet.outerIpVersion = packet.ipVersion
  packet.outerSource0 = packet.source0
  packet.outerSource1 = packet.source1
  packet.outerSource2 = packet.source2
  packet.outerSource3 = packet.source3
  packet.outerDestination0 = packet.destination0
  packet.outerDestination1 = packet.destination1
  packet.outerDestination2 = packet.destination2
  packet.outerDestination3 = packet.destination3
}
