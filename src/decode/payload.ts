/**
 * The window of a packet still to be decoded: `payloadOffset`, `payloadCaptured`, `payloadLength`.
 *
 * It starts as the whole frame; each layer checks it once, reads its header and narrows it. What is left
 * in the end is the transport's payload.
 */
import type { Packet } from './packet.ts'

/** Takes a header off the front; a header the capture cut leaves nothing captured. */
export function skipHeader(packet: Packet, length: number): void {
  packet.payloadOffset += length
  packet.payloadLength -= length
  packet.payloadCaptured = packet.payloadCaptured > length ? packet.payloadCaptured - length : 0
}

/** Cuts what lies behind the layer's own stated length: Ethernet's padding, a trailing checksum. */
export function cutPayload(packet: Packet, length: number): void {
  packet.payloadLength = length
  if (packet.payloadCaptured > length) packet.payloadCaptured = length
}
