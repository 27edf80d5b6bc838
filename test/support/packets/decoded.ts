/** Decodes one frame for a test: a fresh decoder, a fresh packet. */
import {
  Decoder,
  MALFORMED_REASONS,
  Packet,
  type MalformedReason,
} from '../../../src/decode/index.ts'
import { frameOf, type FrameFields } from './packet-builder.ts'

/** Returns the packet these bytes decode to. */
export function decoded(bytes: Uint8Array, fields: FrameFields = {}): Packet {
  const packet = new Packet()
  new Decoder().decode(frameOf(bytes, fields), packet)
  return packet
}

/** The name of what is wrong with a packet. */
export function reasonOf(packet: Packet): MalformedReason {
  return MALFORMED_REASONS[packet.malformed]!
}

/** The transport payload that was captured, as Latin-1 text. */
export function payloadText(packet: Packet): string {
  const { buffer, payloadOffset, payloadCaptured } = packet
  const bytes = buffer.subarray(payloadOffset, payloadOffset + payloadCaptured)
  return Buffer.from(bytes).toString('latin1')
}
