/** Bare IP packets: LINKTYPE_RAW, the version told by the first nibble. */
import { decodeIpv4 } from '../ip/ipv4.ts'
import { decodeIpv6 } from '../ip/ipv6.ts'
import { malformedIndex } from '../malformed.ts'
import { PacketKind, type Packet } from '../packet.ts'

const TRUNCATED = malformedIndex('link-truncated')

/** Decodes a frame that begins with its IP header. */
export function decodeRaw(packet: Packet): void {
  if (packet.payloadCaptured < 1) {
    packet.malformed = TRUNCATED
    return
  }
  const version = packet.buffer[packet.payloadOffset]! >>> 4
  if (version === 4) decodeIpv4(packet)
  else if (version === 6) decodeIpv6(packet)
  else packet.kind = PacketKind.OTHER
}
