/** PPP (RFC 1661 §2, RFC 1662 §3.1): which protocol a frame carries. Left out: all but IP, as PPP's own control. */
import { decodeIpv4 } from '../ip/ipv4.ts'
import { decodeIpv6 } from '../ip/ipv6.ts'
import { malformedIndex } from '../malformed.ts'
import { readUint16 } from '../octets.ts'
import { PacketKind, type Packet } from '../packet.ts'
import { skipHeader } from '../payload.ts'

/** HDLC's address and control, which both ends may have agreed to leave out. */
const ALL_STATIONS = 0xff03
const FRAMING_LENGTH = 2

/** Protocols of which one octet is sent have its lowest bit set. */
const IS_COMPRESSED = 0x01
const IPV4 = 0x21
const IPV6 = 0x57

const TRUNCATED = malformedIndex('link-truncated')

/** Decodes a PPP frame, with HDLC's framing or without. */
export function decodePpp(packet: Packet): void {
  const isFramed =
    packet.payloadCaptured > FRAMING_LENGTH &&
    readUint16(packet.buffer, packet.payloadOffset) === ALL_STATIONS
  if (isFramed) skipHeader(packet, FRAMING_LENGTH)
  decodePppProtocol(packet)
}

/** Decodes what follows the framing: the protocol's number and what it carries. */
export function decodePppProtocol(packet: Packet): void {
  if (packet.payloadCaptured < 2) {
    packet.malformed = TRUNCATED
    return
  }
  const { buffer, payloadOffset: at } = packet
  const isCompressed = (buffer[at]! & IS_COMPRESSED) !== 0
  const protocol = isCompressed ? buffer[at]! : readUint16(buffer, at)
  skipHeader(packet, isCompressed ? 1 : 2)
  if (protocol === IPV4) decodeIpv4(packet)
  else if (protocol === IPV6) decodeIpv6(packet)
  else packet.kind = PacketKind.OTHER
}
