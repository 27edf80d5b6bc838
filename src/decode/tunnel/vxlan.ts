/**
 * VXLAN (RFC 7348 §5) and its group policy extension, on IANA's port and on Linux's older one.
 *
 * Also VXLAN-GPE, which carries IP too (draft-ietf-nvo3-vxlan-gpe-12 §3). Left out: the network identifier, which
 * does not part flows; other ports; NSH.
 */
import { readUint16 } from '../octets.ts'
import { Tunnel, type Packet } from '../packet.ts'
import { enterEthernet, enterIpv4, enterIpv6 } from './enter-tunnel.ts'

const FLAGS = 0
const RESERVED = 1
const GROUP = 2
const LAST_RESERVED = 7
const HEADER_LENGTH = 8

const HAS_IDENTIFIER = 0x08
const HAS_GROUP = 0x80
const HAS_NEXT_PROTOCOL = 0x04

const NEXT_PROTOCOL = 3
const IPV4 = 1
const IPV6 = 2
const ETHERNET = 3

const IANA_PORT = 4789
const GPE_PORT = 4790
/** Linux's before the port was assigned; flannel still takes it. */
const LINUX_PORT = 8472

/** Says whether a UDP datagram goes to a VXLAN port: both directions do. */
export function isVxlanPort(packet: Packet): boolean {
  const port = packet.destinationPort
  return port === IANA_PORT || port === LINUX_PORT || port === GPE_PORT
}

/** Opens the frame, or packet, inside; false when the datagram's header is not VXLAN's. */
export function openVxlan(packet: Packet): boolean {
  if (packet.payloadCaptured < HEADER_LENGTH) return false
  const buffer = packet.buffer
  const at = packet.payloadOffset
  const flags = buffer[at + FLAGS]!
  if (flags === (HAS_IDENTIFIER | HAS_NEXT_PROTOCOL))
    return openGpe(packet, buffer[at + NEXT_PROTOCOL]!)
  // Whoever merely happens to use the port has other bytes where these must be 0.
  if (flags === HAS_IDENTIFIER && readUint16(buffer, at + GROUP) !== 0) return false
  if (flags !== HAS_IDENTIFIER && flags !== (HAS_IDENTIFIER | HAS_GROUP)) return false
  if (flags === HAS_IDENTIFIER && buffer[at + RESERVED] !== 0) return false
  if (buffer[at + LAST_RESERVED] !== 0) return false
  return enterEthernet(packet, Tunnel.VXLAN, HEADER_LENGTH)
}

function openGpe(packet: Packet, protocol: number): boolean {
  switch (protocol) {
    case IPV4:
      return enterIpv4(packet, Tunnel.VXLAN, HEADER_LENGTH)
    case IPV6:
      return enterIpv6(packet, Tunnel.VXLAN, HEADER_LENGTH)
    case ETHERNET:
      return enterEthernet(packet, Tunnel.VXLAN, HEADER_LENGTH)
    default:
      return false
  }
}
