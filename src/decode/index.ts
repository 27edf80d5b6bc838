/** Decode: frames become packets. */
export { Decoder } from './decoder.ts'
export { malformedIndex } from './malformed.ts'
export { MALFORMED_REASONS, Packet, PacketKind, type MalformedReason } from './packet.ts'
export { decodeQuotedPacket, isUnreachable } from './quoted-packet.ts'
