/** The decoder: frames in, the one reused packet filled, what could not be read counted. */
import { LinkType, type Frame } from '../capture/source.ts'
import { decodeIpv4 } from './ip/ipv4.ts'
import { decodeIpv6 } from './ip/ipv6.ts'
import { decodeEthernet } from './link/ethernet.ts'
import { decodeNullLoop } from './link/null-loop.ts'
import { decodeRaw } from './link/raw.ts'
import { decodeSll, decodeSll2 } from './link/sll.ts'
import { malformedIndex } from './malformed.ts'
import { MALFORMED_REASONS, type MalformedReason, type Packet } from './packet.ts'
import { clearPacket } from './clear-packet.ts'

const LINK_UNKNOWN = malformedIndex('link-unknown')

export class Decoder {
  readonly #malformed = new Float64Array(MALFORMED_REASONS.length)
  #frames = 0

  /**
   * Decodes a frame into the packet, which holds until the next call.
   *
   * Cost: no allocation. Errors: never throws and never reads past what was captured; what is wrong is
   * in `packet.malformed`, and what was read before it stays valid.
   */
  decode(frame: Frame, packet: Packet): void {
    clearPacket(packet, frame)
    switch (frame.linkType) {
      case LinkType.ETHERNET:
        decodeEthernet(packet)
        break
      case LinkType.LINUX_SLL:
        decodeSll(packet)
        break
      case LinkType.LINUX_SLL2:
        decodeSll2(packet)
        break
      case LinkType.NULL:
      case LinkType.LOOP:
        decodeNullLoop(packet)
        break
      case LinkType.RAW:
        decodeRaw(packet)
        break
      case LinkType.IPV4:
        decodeIpv4(packet)
        break
      case LinkType.IPV6:
        decodeIpv6(packet)
        break
      default:
        packet.malformed = LINK_UNKNOWN
    }
    this.#frames += 1
    if (packet.malformed !== 0) this.#malformed[packet.malformed]! += 1
  }

  /** Frames decoded so far. */
  get frames(): number {
    return this.#frames
  }

  /** How many frames could not be read to their end, by reason (`none` holds the rest). */
  malformedCounts(): Record<MalformedReason, number> {
    const counts = Object.fromEntries(
      MALFORMED_REASONS.map((reason, index) => [reason, this.#malformed[index]!]),
    ) as Record<MalformedReason, number>
    const malformed = this.#malformed.reduce((sum, count) => sum + count, 0)
    return { ...counts, none: this.#frames - malformed }
  }
}
