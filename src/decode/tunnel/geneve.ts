/**
 * Geneve (RFC 8926 §3.4) on IANA's port, around Ethernet or IP.
 *
 * Left out: the options and the network identifier, which do not part flows; control packets.
 */
import { readUint16 } from '../octets.ts'
import { Tunnel, type Packet } from '../packet.ts'
import { enterEthernet, enterIpv4, enterIpv6 } from './enter-tunnel.ts'

const VERSION_AND_LENGTH = 0
const FLAGS = 1
const PROTOCOL = 2
const RESERVED = 7
const MINIMUM_LENGTH = 8
const OPTION_UNIT = 4

const LENGTH_MASK = 0x3f
const CRITICAL_OPTIONS = 0x40

const PORT = 6081

const IPV4 = 0x0800
const IPV6 = 0x86dd
const TRANSPARENT_ETHERNET = 0x6558

/** Says whether a UDP datagram goes to the Geneve port: both directions do. */
export function isGenevePort(packet: Packet): boolean {
  return packet.destinationPort === PORT
}

/** Opens the packet inside; false when the datagram's header is not Geneve's, or holds what we do not read. */
export function openGeneve(packet: Packet): boolean {
  if (packet.payloadCaptured < MINIMUM_LENGTH) return false
  const { buffer, payloadOffset: at } = packet
  const first = buffer[at + VERSION_AND_LENGTH]!
  // Whoever merely happens to use the port has other bytes where these must be 0: version, flags, the last octet.
  const isGeneve = first <= LENGTH_MASK && (buffer[at + FLAGS]! & ~CRITICAL_OPTIONS) === 0
  if (!isGeneve || buffer[at + RESERVED] !== 0) return false
  const length = MINIMUM_LENGTH + (first & LENGTH_MASK) * OPTION_UNIT
  switch (readUint16(buffer, at + PROTOCOL)) {
    case IPV4:
      return enterIpv4(packet, Tunnel.GENEVE, length)
    case IPV6:
      return enterIpv6(packet, Tunnel.GENEVE, length)
    case TRANSPARENT_ETHERNET:
      return enterEthernet(packet, Tunnel.GENEVE, length)
    default:
      return false
  }
}
