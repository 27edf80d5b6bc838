/** The decoder: frames in, the one reused packet filled, what could not be read counted. */
import { LinkType, type Frame } from '../capture/source.ts'
import { IpProtocol } from '../net/protocol.ts'
import { clearPacket } from './clear-packet.ts'
import { decodeEthernet } from './link/ethernet.ts'
import { decodeLink } from './link/link.ts'
import { malformedIndex } from './malformed.ts'
import { MALFORMED_REASONS, type MalformedReason, type Packet } from './packet.ts'
import { mayBeTunnel, openTunnels } from './tunnel/open-tunnels.ts'

const LINK_UNKNOWN = malformedIndex('link-unknown')

/** Frames of a link type that no decoder reads. */
export interface UnreadableLink {
  /** LINKTYPE number. */
  readonly linkType: number
  readonly frames: number
}

export class Decoder {
  readonly #malformed = new Float64Array(MALFORMED_REASONS.length)
  /** Link types are 16 bits wide, which bounds this. */
  readonly #unreadable = new Map<number, number>()
  #frames = 0

  /**
   * Decodes a frame into the packet, which holds until the next call.
   *
   * Cost: no allocation. Errors: never throws and never reads past what was captured; what is wrong is
   * in `packet.malformed`, and what was read before it stays valid.
   */
  decode(frame: Frame, packet: Packet): void {
    clearPacket(packet, frame)
    // The commonest link and the commonest transport are told first; the rest stays off their path.
    if (frame.linkType === LinkType.ETHERNET) decodeEthernet(packet)
    else if (!decodeLink(packet, frame.linkType)) this.#refuseLink(packet, frame.linkType)
    if (packet.protocol !== IpProtocol.TCP && mayBeTunnel(packet)) openTunnels(packet)
    this.#frames += 1
    if (packet.malformed !== 0) this.#malformed[packet.malformed]! += 1
  }

  /** Frames decoded so far. */
  get frames(): number {
    return this.#frames
  }

  /** The link types met that no decoder reads. */
  unreadableLinks(): UnreadableLink[] {
    return Array.from(this.#unreadable, ([linkType, frames]) => ({ linkType, frames }))
  }

  /** How many frames could not be read to their end, by reason (`none` holds the rest). */
  malformedCounts(): Record<MalformedReason, number> {
    const counts = Object.fromEntries(
      MALFORMED_REASONS.map((reason, index) => [reason, this.#malformed[index]!]),
    ) as Record<MalformedReason, number>
    const malformed = this.#malformed.reduce((sum, count) => sum + count, 0)
    return { ...counts, none: this.#frames - malformed }
  }

  #refuseLink(packet: Packet, linkType: number): void {
    packet.malformed = LINK_UNKNOWN
    this.#unreadable.set(linkType, (this.#unreadable.get(linkType) ?? 0) + 1)
  }
}
