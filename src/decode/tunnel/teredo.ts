/**
 * Teredo: IPv6 in UDP, behind an authentication and an origin indication where these are (RFC 4380 §5.1.1).
 *
 * Left out: datagrams between two clients, whose ports nobody can know; trailers (RFC 6081).
 */
import { readInt32, readUint16 } from '../octets.ts'
import { Tunnel, type Packet } from '../packet.ts'
import { enterIpv6 } from './enter-tunnel.ts'

const PORT = 3544

const AUTHENTICATION = 0x0001
const AUTHENTICATION_CLIENT_LENGTH = 2
const AUTHENTICATION_VALUE_LENGTH = 3
/** Indicator, two lengths, nonce and confirmation; identifier and value come on top. */
const AUTHENTICATION_LENGTH = 13

const ORIGIN = 0x0000
const ORIGIN_LENGTH = 8

const IPV6_PAYLOAD_LENGTH = 4
const IPV6_SOURCE = 8
const IPV6_DESTINATION = 24
const IPV6_LENGTH = 40

/** 2001::/32. */
const TEREDO_PREFIX = 0x2001_0000
const LINK_LOCAL = 0xfe80

/** Says whether a UDP datagram is from or to a Teredo server or relay. */
export function isTeredoPort(packet: Packet): boolean {
  return packet.destinationPort === PORT || packet.sourcePort === PORT
}

/** Opens the IPv6 packet inside; false when the datagram holds none with an address of Teredo's. */
export function openTeredo(packet: Packet): boolean {
  let length = authenticationLength(packet)
  if (beginsWith(packet, length, ORIGIN, ORIGIN_LENGTH)) length += ORIGIN_LENGTH
  return isTeredoIpv6(packet, length) && enterIpv6(packet, Tunnel.TEREDO, length)
}

function authenticationLength(packet: Packet): number {
  if (!beginsWith(packet, 0, AUTHENTICATION, AUTHENTICATION_LENGTH)) return 0
  const { buffer, payloadOffset: at } = packet
  const identifierLength = buffer[at + AUTHENTICATION_CLIENT_LENGTH]!
  return AUTHENTICATION_LENGTH + identifierLength + buffer[at + AUTHENTICATION_VALUE_LENGTH]!
}

function beginsWith(packet: Packet, from: number, indicator: number, length: number): boolean {
  if (packet.payloadCaptured < from + length) return false
  return readUint16(packet.buffer, packet.payloadOffset + from) === indicator
}

function isTeredoIpv6(packet: Packet, from: number): boolean {
  if (packet.payloadCaptured < from + IPV6_LENGTH) return false
  const buffer = packet.buffer
  const at = packet.payloadOffset + from
  const length = IPV6_LENGTH + readUint16(buffer, at + IPV6_PAYLOAD_LENGTH)
  if (length > packet.payloadLength - from && !packet.isFragment) return false
  return isTeredoAddress(buffer, at + IPV6_SOURCE) || isTeredoAddress(buffer, at + IPV6_DESTINATION)
}

/** Link-local ones are those of the solicitation by which a client qualifies. */
function isTeredoAddress(buffer: Uint8Array, at: number): boolean {
  return readInt32(buffer, at) === TEREDO_PREFIX || readUint16(buffer, at) === LINK_LOCAL
}
