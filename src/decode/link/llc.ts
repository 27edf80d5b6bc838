/** LLC with SNAP (IEEE 802.2, RFC 1042): how an EtherType travels on 802.11. Left out: LLC without SNAP, `OTHER`. */
import { readInt32, readUint16 } from '../octets.ts'
import { PacketKind, type Packet } from '../packet.ts'
import { skipHeader } from '../payload.ts'
import { decodeEtherType } from './ether-type.ts'

const ORGANISATION_END = 4
const TYPE = 6
const HEADER_LENGTH = 8

/** Both service access points SNAP, unnumbered information, and the organisation's first octet. */
const SNAP = 0xaaaa0300 | 0
/** The organisation's other octets: RFC 1042's and the bridge tunnel's of IEEE 802.1H. */
const RFC_1042 = 0x0000
const BRIDGE_TUNNEL = 0x00f8

/** Decodes what a SNAP header announces. */
export function decodeLlc(packet: Packet): void {
  const buffer = packet.buffer
  const at = packet.payloadOffset
  if (packet.payloadCaptured < HEADER_LENGTH || readInt32(buffer, at) !== SNAP) {
    packet.kind = PacketKind.OTHER
    return
  }
  const organisation = readUint16(buffer, at + ORGANISATION_END)
  if (organisation !== RFC_1042 && organisation !== BRIDGE_TUNNEL) {
    packet.kind = PacketKind.OTHER
    return
  }
  skipHeader(packet, HEADER_LENGTH)
  decodeEtherType(packet, readUint16(buffer, at + TYPE))
}
