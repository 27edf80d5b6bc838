/**
 * MPLS (RFC 3032 §2.1): labels are peeled; behind the last one IP tells itself by its version (RFC 4928).
 *
 * Left out: pseudowires, which are `OTHER`.
 */
import { decodeIpv4 } from '../ip/ipv4.ts'
import { decodeIpv6 } from '../ip/ipv6.ts'
import { malformedIndex } from '../malformed.ts'
import { PacketKind, type Packet } from '../packet.ts'
import { skipHeader } from '../payload.ts'

const LABEL_LENGTH = 4
const BOTTOM = 2
const IS_BOTTOM = 0x01
/** Networks stack three or four; longer stacks exist only to tire the reader. */
const MOST_LABELS = 8

const TRUNCATED = malformedIndex('link-truncated')

/** Decodes the IP packet behind a stack of labels. */
export function decodeMpls(packet: Packet): void {
  const end = labelsEnd(packet, 0)
  if (end < 0) {
    if (packet.payloadCaptured < LABEL_LENGTH * MOST_LABELS) packet.malformed = TRUNCATED
    else packet.kind = PacketKind.OTHER
    return
  }
  const version = packet.buffer[packet.payloadOffset + end]! >>> 4
  skipHeader(packet, end)
  if (version === 4) decodeIpv4(packet)
  else if (version === 6) decodeIpv6(packet)
  else packet.kind = PacketKind.OTHER
}

/** Returns the place behind the last label of a stack, of which a byte was captured; -1 where the stack has no end. */
export function labelsEnd(packet: Packet, from: number): number {
  const most = Math.min(from + LABEL_LENGTH * MOST_LABELS, packet.payloadCaptured - 1)
  for (let at = from; at + LABEL_LENGTH <= most; at += LABEL_LENGTH) {
    const last = packet.buffer[packet.payloadOffset + at + BOTTOM]!
    if ((last & IS_BOTTOM) !== 0) return at + LABEL_LENGTH
  }
  return -1
}
