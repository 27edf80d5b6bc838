/** Decode: frames become packets. */
export { Decoder, type UnreadableLink } from './decoder.ts'
export { fragmentOrigin, placeFragment } from './ip/fragment.ts'
export type { FragmentCounts } from './ip/fragment-table.ts'
export { malformedIndex } from './malformed.ts'
export {
  FragmentFault,
  MALFORMED_REASONS,
  Packet,
  PacketKind,
  Tunnel,
  type MalformedReason,
} from './packet.ts'
export { decodeQuotedPacket, isUnreachable } from './quoted-packet.ts'
export { readInt32, readUint16, readUint48 } from './octets.ts'
