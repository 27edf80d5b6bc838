/**
 * GTP-U, which carries telephones' IP through a mobile network (3GPP TS 29.281 §5.1), with its extension headers.
 *
 * Left out: the tunnel's identifier, which does not part flows; GTP's control messages.
 */
import { Tunnel, type Packet } from '../packet.ts'
import { enterIpv4, enterIpv6 } from './enter-tunnel.ts'

const FLAGS = 0
const MESSAGE = 1
const MINIMUM_LENGTH = 8
/** Sequence number, N-PDU number and the first extension's type: all there as soon as one of them is. */
const OPTIONAL_LENGTH = 4
const EXTENSION_UNIT = 4

/** Version 1, GTP and not its charging cousin. */
const VERSION_MASK = 0xf0
const VERSION_1 = 0x30
const HAS_OPTIONAL = 0x07
const HAS_EXTENSION = 0x04
const T_PDU = 0xff
/** Real ones are two or three. */
const MOST_EXTENSIONS = 8

const PORT = 2152

/** Says whether a UDP datagram goes to the GTP-U port: both directions do. */
export function isGtpPort(packet: Packet): boolean {
  return packet.destinationPort === PORT
}

/** Opens the IP packet inside; false when the datagram's header is not GTP-U's, or holds no user's packet. */
export function openGtp(packet: Packet): boolean {
  if (packet.payloadCaptured < MINIMUM_LENGTH) return false
  const { buffer, payloadOffset: at } = packet
  const flags = buffer[at + FLAGS]!
  if ((flags & VERSION_MASK) !== VERSION_1 || buffer[at + MESSAGE] !== T_PDU) return false
  const length = (flags & HAS_OPTIONAL) === 0 ? MINIMUM_LENGTH : optionalEnd(packet, flags)
  if (length < 0) return false
  return enterIpv4(packet, Tunnel.GTP, length) || enterIpv6(packet, Tunnel.GTP, length)
}

/** Returns where the packet inside begins; -1 where the extensions do not hold together. */
function optionalEnd(packet: Packet, flags: number): number {
  const { buffer, payloadOffset, payloadCaptured } = packet
  let at = MINIMUM_LENGTH + OPTIONAL_LENGTH
  for (let count = 0; count <= MOST_EXTENSIONS; count += 1) {
    if (at > payloadCaptured) return -1
    // Each header ends with the type of the next.
    const type = (flags & HAS_EXTENSION) === 0 ? 0 : buffer[payloadOffset + at - 1]!
    if (type === 0) return at
    const units = at < payloadCaptured ? buffer[payloadOffset + at]! : 0
    if (units === 0) return -1
    at += units * EXTENSION_UNIT
  }
  return -1
}
