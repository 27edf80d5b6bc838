/** The decoder: frames in, the one reused packet filled, what could not be read counted. */
import { LinkType, type Frame } from '../capture/source.ts'
import { IpProtocol } from '../net/protocol.ts'
import { clearPacket } from './clear-packet.ts'
import { DamagedHeaders } from './ip/damaged-headers.ts'
import { FragmentTable, type FragmentCounts } from './ip/fragment-table.ts'
import { decodeEthernet } from './link/ethernet.ts'
import { decodeLink } from './link/link.ts'
import { malformedIndex } from './malformed.ts'
import { MALFORMED_REASONS, type MalformedReason, type Packet } from './packet.ts'
import { mayBeTunnel, openTunnels } from './tunnel/open-tunnels.ts'

const LINK_UNKNOWN = malformedIndex('link-unknown')
const DAMAGED = malformedIndex('ipv4-checksum')

const NO_FRAGMENTS: FragmentCounts = {
  fragments: 0,
  overlapping: 0,
  tiny: 0,
  withoutPorts: 0,
  forgotten: 0,
}

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
  /** Made when the first fragment comes, which on most hosts never happens. */
  #fragments: FragmentTable | null = null
  readonly #damaged = new DamagedHeaders()
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
    if (packet.ipVersion === 4 && this.#damaged.isDamaged(packet)) refuseDamaged(packet, frame)
    if (packet.protocol !== IpProtocol.TCP && mayBeTunnel(packet)) openTunnels(packet)
    if (packet.isFragment) this.#fragmentTable().note(packet)
    this.#frames += 1
    if (packet.malformed !== 0) this.#malformed[packet.malformed]! += 1
  }

  /** Frames decoded so far. */
  get frames(): number {
    return this.#frames
  }

  /** How fragments have fared, those that tunnels were cut into left out. */
  fragmentCounts(): FragmentCounts {
    return this.#fragments?.counts ?? NO_FRAGMENTS
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

  #fragmentTable(): FragmentTable {
    this.#fragments ??= new FragmentTable()
    return this.#fragments
  }

  #refuseLink(packet: Packet, linkType: number): void {
    packet.malformed = LINK_UNKNOWN
    this.#unreadable.set(linkType, (this.#unreadable.get(linkType) ?? 0) + 1)
  }
}

/** Nothing that the header says was heard by anybody. */
function refuseDamaged(packet: Packet, frame: Frame): void {
  clearPacket(packet, frame)
  packet.malformed = DAMAGED
}
