/** PPPoE session frames carrying IP (RFC 2516 §4, RFC 1661). Left out: discovery, PPP's own control. */
import { decodeIpv4 } from '../ip/ipv4.ts'
import { decodeIpv6 } from '../ip/ipv6.ts'
import { malformedIndex } from '../malformed.ts'
import { readUint16 } from '../octets.ts'
import { PacketKind, type Packet } from '../packet.ts'
import { skipHeader } from '../payload.ts'

const PPP_PROTOCOL = 6
const HEADER_LENGTH = 8

const PPP_IPV4 = 0x0021
const PPP_IPV6 = 0x0057

const TRUNCATED = malformedIndex('link-truncated')

/** Decodes the IP packet of a PPPoE session frame. */
export function decodePppoe(packet: Packet): void {
  if (packet.payloadCaptured < HEADER_LENGTH) {
    packet.malformed = TRUNCATED
    return
  }
  const protocol = readUint16(packet.buffer, packet.payloadOffset + PPP_PROTOCOL)
  skipHeader(packet, HEADER_LENGTH)
  if (protocol === PPP_IPV4) decodeIpv4(packet)
  else if (protocol === PPP_IPV6) decodeIpv6(packet)
  else packet.kind = PacketKind.OTHER
}
