/** ARP for IPv4 over Ethernet (RFC 826). Left out: other hardware and protocol types, which are `OTHER`. */
import { malformedIndex } from '../malformed.ts'
import { readInt32, readUint16, readUint48 } from '../octets.ts'
import { PacketKind, type Packet } from '../packet.ts'

const HARDWARE_TYPE = 0
const PROTOCOL_TYPE = 2
const HARDWARE_LENGTH = 4
const PROTOCOL_LENGTH = 5
const OPERATION = 6
const SENDER_MAC = 8
const SENDER_ADDRESS = 14
const TARGET_MAC = 18
const TARGET_ADDRESS = 24
const LENGTH = 28

const ETHERNET = 1
const IPV4 = 0x0800

const TRUNCATED = malformedIndex('arp-truncated')

/** Decodes an ARP message into the packet's ARP fields and address words. */
export function decodeArp(packet: Packet): void {
  if (packet.payloadCaptured < LENGTH) {
    packet.malformed = TRUNCATED
    return
  }
  const buffer = packet.buffer
  const at = packet.payloadOffset
  const isIpv4OverEthernet =
    readUint16(buffer, at + HARDWARE_TYPE) === ETHERNET &&
    readUint16(buffer, at + PROTOCOL_TYPE) === IPV4 &&
    buffer[at + HARDWARE_LENGTH] === 6 &&
    buffer[at + PROTOCOL_LENGTH] === 4
  if (!isIpv4OverEthernet) {
    packet.kind = PacketKind.OTHER
    return
  }
  packet.kind = PacketKind.ARP
  packet.arpOperation = readUint16(buffer, at + OPERATION)
  packet.arpSenderMac = readUint48(buffer, at + SENDER_MAC)
  packet.source3 = readInt32(buffer, at + SENDER_ADDRESS)
  packet.arpTargetMac = readUint48(buffer, at + TARGET_MAC)
  packet.destination3 = readInt32(buffer, at + TARGET_ADDRESS)
}
