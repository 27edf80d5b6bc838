/** BSD loopback: LINKTYPE_NULL (family in the capturing host's order) and LINKTYPE_LOOP (big-endian). */
import { malformedIndex } from '../malformed.ts'
import { readInt32 } from '../octets.ts'
import { PacketKind, type Packet } from '../packet.ts'
import { skipHeader } from '../payload.ts'
import { decodeIpv4 } from '../ip/ipv4.ts'
import { decodeIpv6 } from '../ip/ipv6.ts'

const HEADER_LENGTH = 4
const AF_INET = 2
/** Linux, NetBSD and OpenBSD, FreeBSD, macOS. */
const AF_INET6: readonly number[] = [10, 24, 28, 30]

const TRUNCATED = malformedIndex('link-truncated')

/** Decodes a loopback frame, whichever order its family stands in. */
export function decodeNullLoop(packet: Packet): void {
  if (packet.payloadCaptured < HEADER_LENGTH) {
    packet.malformed = TRUNCATED
    return
  }
  const word = readInt32(packet.buffer, packet.payloadOffset)
  // Families are small numbers: the order in which the high half is empty is the right one.
  const family = (word & 0xffff0000) === 0 ? word : word >>> 24
  skipHeader(packet, HEADER_LENGTH)
  if (family === AF_INET) decodeIpv4(packet)
  else if (AF_INET6.includes(family)) decodeIpv6(packet)
  else packet.kind = PacketKind.OTHER
}
