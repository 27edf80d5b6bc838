/** PPPoE session frames carrying IP (RFC 2516 §4, RFC 1661). Left out: discovery, PPP's own control. */
import { decodeIpv4 } from '../ip/ipv4.ts'
import { decodeIpv6 } from '../ip/ipv6.ts'
import { malformedIndex } from '../malformed.ts'
import { readUint16 } from '../octets.ts'
import { PacketKind, type Packet } from '../packet.ts'
import { cutPayload, skipHeader } from '../payload.ts'

const VERSION_AND_TYPE = 0
const CODE = 1
const LENGTH = 4
const PPP_PROTOCOL = 6
/** The length counts what follows the six bytes before PPP. */
const LENGTH_STARTS = 6
const HEADER_LENGTH = 8

const VERSION_1_TYPE_1 = 0x11
const SESSION_DATA = 0
const PPP_IPV4 = 0x0021
const PPP_IPV6 = 0x0057

const TRUNCATED = malformedIndex('link-truncated')
const BAD_HEADER = malformedIndex('pppoe-header')

/** Decodes the IP packet of a PPPoE session frame. */
export function decodePppoe(packet: Packet): void {
  if (packet.payloadCaptured < HEADER_LENGTH) {
    packet.malformed = TRUNCATED
    return
  }
  const buffer = packet.buffer
  const at = packet.payloadOffset
  const length = LENGTH_STARTS + readUint16(buffer, at + LENGTH)
  const isSession =
    buffer[at + VERSION_AND_TYPE] === VERSION_1_TYPE_1 && buffer[at + CODE] === SESSION_DATA
  if (!isSession || length < HEADER_LENGTH || length > packet.payloadLength) {
    packet.malformed = BAD_HEADER
    return
  }
  const protocol = readUint16(buffer, at + PPP_PROTOCOL)
  cutPayload(packet, length)
  skipHeader(packet, HEADER_LENGTH)
  if (protocol === PPP_IPV4) decodeIpv4(packet)
  else if (protocol === PPP_IPV6) decodeIpv6(packet)
  else packet.kind = PacketKind.OTHER
}
