/**
 * VXLAN (RFC 7348 §5) and its group policy extension, on IANA's port and on Linux's older one.
 *
 * Left out: the network identifier, which does not part flows; other ports; VXLAN-GPE.
 */
import { readUint16 } from '../octets.ts'
import { Tunnel, type Packet } from '../packet.ts'
import { enterEthernet } from './enter-tunnel.ts'

const FLAGS = 0
const RESERVED = 1
const GROUP = 2
const LAST_RESERVED = 7
const HEADER_LENGTH = 8

const HAS_IDENTIFIER = 0x08
const HAS_GROUP = 0x80

const IANA_PORT = 4789
/** Linux's before the port was assigned; flannel still takes it. */
const LINUX_PORT = 8472

/** Says whether a UDP datagram goes to a VXLAN port: both directions do. */
export function isVxlanPort(packet: Packet): boolean {
  return packet.destinationPort === IANA_PORT || packet.destinationPort === LINUX_PORT
}

/** Opens the Ethernet frame inside; false when the datagram's header is not VXLAN's. */
export function openVxlan(packet: Packet): boolean {
  if (packet.payloadCaptured < HEADER_LENGTH) return false
  const buffer = packet.buffer
  const at = packet.payloadOffset
  const flags = buffer[at + FLAGS]!
  // Whoever merely happens to use the port has other bytes where these must be 0.
  if (flags === HAS_IDENTIFIER && readUint16(buffer, at + GROUP) !== 0) return false
  if (flags !== HAS_IDENTIFIER && flags !== (HAS_IDENTIFIER | HAS_GROUP)) return false
  if (flags === HAS_IDENTIFIER && buffer[at + RESERVED] !== 0) return false
  if (buffer[at + LAST_RESERVED] !== 0) return false
  return enterEthernet(packet, Tunnel.VXLAN, HEADER_LENGTH)
}
