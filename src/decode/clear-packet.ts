/** Makes a reused packet new: nothing of the one before may shine through. */
import type { Frame } from '../capture/source.ts'
import { HeaderChecksum, PacketKind, Tunnel, type Packet } from './packet.ts'

/** Resets every field and opens the payload window over the whole frame. */
export function clearPacket(packet: Packet, frame: Frame): void {
  packet.kind = PacketKind.NONE
  packet.malformed = 0
  packet.timestampUs = frame.timestampUs
  packet.wireLength = frame.wireLength
  packet.vlan = 0
  packet.sourceMac = 0
  packet.destinationMac = 0
  packet.isToUnnamedStation = false
  packet.tunnel = Tunnel.NONE
  packet.tunnelDepth = 0
  packet.buffer = frame.buffer
  packet.payloadOffset = frame.offset
  packet.payloadCaptured = Math.min(frame.capturedLength, frame.buffer.length - frame.offset)
  packet.payloadLength = Math.max(frame.wireLength, packet.payloadCaptured)
  clearNetwork(packet)
}

/** Resets what the IP and transport layers, and ARP, fill. */
export function clearNetwork(packet: Packet): void {
  packet.ipVersion = 0
  packet.source0 = 0
  packet.source1 = 0
  packet.source2 = 0
  packet.source3 = 0
  packet.destination0 = 0
  packet.destination1 = 0
  packet.destination2 = 0
  packet.destination3 = 0
  packet.protocol = 0
  packet.ttl = 0
  packet.ipLength = 0
  packet.headerChecksum = HeaderChecksum.NONE
  packet.isSourceRouted = false
  packet.isFragment = false
  packet.isLaterFragment = false
  packet.fragmentOffset = 0
  packet.fragmentId = 0
  packet.hasMoreFragments = false
  packet.fragmentAt = 0
  packet.fragmentCaptured = 0
  packet.fragmentLength = 0
  packet.fragmentFault = 0
  packet.isPlacedFragment = false
  packet.sourcePort = 0
  packet.destinationPort = 0
  packet.icmpIdentifier = 0
  packet.tcpFlags = 0
  packet.tcpSequence = 0
  packet.tcpAcknowledgement = 0
  packet.tcpWindow = 0
  packet.arpOperation = 0
  packet.arpSenderMac = 0
  packet.arpTargetMac = 0
}
