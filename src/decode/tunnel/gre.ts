/**
 * GRE (RFC 2784, key and sequence number RFC 2890) around IP, MPLS (RFC 4023),
 * or Ethernet (RFC 1701's bridging, ERSPAN).
 *
 * Left out: source routes (RFC 1701) and PPTP's version 1 (RFC 2637), which are not opened; the checksum.
 */
import { labelsEnd } from '../link/mpls.ts'
import { readUint16 } from '../octets.ts'
import { Tunnel, type Packet } from '../packet.ts'
import { enterEthernet, enterIpv4, enterIpv6 } from './enter-tunnel.ts'
import { openErspan, openErspan3 } from './erspan.ts'

const FLAGS = 0
const PROTOCOL = 2
const MINIMUM_LENGTH = 4
/** Checksum (with its reserved half), key and sequence number take as much each. */
const OPTION_LENGTH = 4

const HAS_CHECKSUM = 0x8000
const HAS_ROUTE = 0x4000
const HAS_KEY = 0x2000
const HAS_SEQUENCE = 0x1000
const VERSION_MASK = 0x0007

const IPV4 = 0x0800
const IPV6 = 0x86dd
const MPLS = 0x8847
const TRANSPARENT_ETHERNET = 0x6558
const ERSPAN = 0x88be
const ERSPAN_3 = 0x22eb

/** Opens the packet inside; false when it is none that we read. */
export function openGre(packet: Packet): boolean {
  if (packet.payloadCaptured < MINIMUM_LENGTH) return false
  const flags = readUint16(packet.buffer, packet.payloadOffset + FLAGS)
  if ((flags & (HAS_ROUTE | VERSION_MASK)) !== 0) return false
  const length = greLength(flags)
  switch (readUint16(packet.buffer, packet.payloadOffset + PROTOCOL)) {
    case IPV4:
      return enterIpv4(packet, Tunnel.GRE, length)
    case IPV6:
      return enterIpv6(packet, Tunnel.GRE, length)
    case MPLS:
      return openLabels(packet, labelsEnd(packet, length))
    case TRANSPARENT_ETHERNET:
      return enterEthernet(packet, Tunnel.GRE, length)
    case ERSPAN:
      return openErspan(packet, length, (flags & HAS_SEQUENCE) !== 0)
    case ERSPAN_3:
      return openErspan3(packet, length)
    default:
      return false
  }
}

function openLabels(packet: Packet, length: number): boolean {
  if (length < 0) return false
  return enterIpv4(packet, Tunnel.GRE, length) || enterIpv6(packet, Tunnel.GRE, length)
}

function greLength(flags: number): number {
  let length = MINIMUM_LENGTH
  if ((flags & HAS_CHECKSUM) !== 0) length += OPTION_LENGTH
  if ((flags & HAS_KEY) !== 0) length += OPTION_LENGTH
  if ((flags & HAS_SEQUENCE) !== 0) length += OPTION_LENGTH
  return length
}
