/**
 * Later fragments that came before their first, which alone bears the ports: they wait for it, not for long.
 *
 * Old Linux sends the last piece first, and paths reorder: in one capture of amplified DNS a quarter of all later
 * pieces came early by less than a millisecond. Folded at once, each packet would open a flow with ports 0.
 */
import { fragmentOrigin, Packet, PacketKind, placeFragment } from '../../decode/index.ts'
import { IpProtocol } from '../../net/protocol.ts'

/** A flood of pieces without a first one makes the oldest go on at once. */
const MOST_WAITING = 64
const LONGEST_WAIT_US = 1e6
/** What most links let through; of longer pieces the rest is not read. */
const MOST_BYTES = 2048

const PORT_PROTOCOLS: readonly number[] = [
  IpProtocol.TCP,
  IpProtocol.UDP,
  IpProtocol.SCTP,
  IpProtocol.ICMP,
  IpProtocol.ICMPV6,
]

/** Memory: 64 packets of up to 2 KB, made when they are needed. Cost: at most 64 looks a fragment. */
export class WaitingFragments {
  /** The waiting ones first, oldest first; the rest are spare. */
  readonly #packets: Packet[] = []
  readonly #sinceUs = new Float64Array(MOST_WAITING)
  #count = 0

  get count(): number {
    return this.#count
  }

  /** Says whether a packet is a fragment whose ports nobody knows yet. */
  isWanting(packet: Packet): boolean {
    if (!packet.isLaterFragment || (packet.sourcePort | packet.destinationPort) !== 0) return false
    return PORT_PROTOCOLS.includes(packet.protocol)
  }

  /** Keeps what a flow needs of the packet; see to it that there is room. */
  hold(packet: Packet, nowUs: number): void {
    const kept = (this.#packets[this.#count] ??= new Packet())
    copyFragment(packet, kept)
    this.#sinceUs[this.#count] = nowUs
    this.#count += 1
  }

  /** Takes out the oldest one if it waited long enough, or there is no room for another; null when not. */
  takeDue(nowUs: number): Packet | null {
    if (this.#count === 0) return null
    const isDue = nowUs - this.#sinceUs[0]! >= LONGEST_WAIT_US || this.#count === MOST_WAITING
    return isDue ? this.#take(0) : null
  }

  /** Takes out one that belongs to the packet whose first fragment this is, and gives it the ports; null at the end. */
  takeOf(first: Packet): Packet | null {
    for (let index = 0; index < this.#count; index += 1) {
      if (!isOfSamePacket(first, this.#packets[index]!)) continue
      const piece = this.#take(index)
      piece.sourcePort = first.sourcePort
      piece.destinationPort = first.destinationPort
      piece.icmpIdentifier = first.icmpIdentifier
      piece.protocol = first.protocol
      const origin = fragmentOrigin(first)
      if (origin !== null) placeFragment(piece, origin)
      return piece
    }
    return null
  }

  /** Takes out any; null at the end. */
  takeAny(): Packet | null {
    return this.#count === 0 ? null : this.#take(0)
  }

  /** What is taken stays as it is until the next one is held. */
  #take(index: number): Packet {
    const packets = this.#packets
    const taken = packets[index]!
    this.#count -= 1
    for (let at = index; at < this.#count; at += 1) {
      packets[at] = packets[at + 1]!
      this.#sinceUs[at] = this.#sinceUs[at + 1]!
    }
    packets[this.#count] = taken
    return taken
  }
}

function isOfSamePacket(first: Packet, piece: Packet): boolean {
  return (
    piece.fragmentId === first.fragmentId &&
    piece.ipVersion === first.ipVersion &&
    (piece.ipVersion === 6 || piece.protocol === first.protocol) &&
    piece.vlan === first.vlan &&
    piece.tunnelDepth === first.tunnelDepth &&
    piece.source0 === first.source0 &&
    piece.source1 === first.source1 &&
    piece.source2 === first.source2 &&
    piece.source3 === first.source3 &&
    piece.destination0 === first.destination0 &&
    piece.destination1 === first.destination1 &&
    piece.destination2 === first.destination2 &&
    piece.destination3 === first.destination3
  )
}

function copyFragment(packet: Packet, kept: Packet): void {
  kept.kind = PacketKind.IP
  kept.timestampUs = packet.timestampUs
  kept.vlan = packet.vlan
  kept.tunnelDepth = packet.tunnelDepth
  kept.ipVersion = packet.ipVersion
  kept.source0 = packet.source0
  kept.source1 = packet.source1
  kept.source2 = packet.source2
  kept.source3 = packet.source3
  kept.destination0 = packet.destination0
  kept.destination1 = packet.destination1
  kept.destination2 = packet.destination2
  kept.destination3 = packet.destination3
  kept.protocol = packet.protocol
  kept.ttl = packet.ttl
  kept.ipLength = packet.ipLength
  kept.isFragment = true
  kept.isLaterFragment = true
  kept.fragmentId = packet.fragmentId
  kept.fragmentOffset = packet.fragmentOffset
  kept.sourcePort = 0
  kept.destinationPort = 0
  kept.icmpIdentifier = 0
  kept.tcpFlags = packet.tcpFlags
  kept.tcpSequence = 0
  kept.isPlacedFragment = false
  kept.payloadLength = packet.payloadLength
  copyPayload(packet, kept)
}

function copyPayload({ buffer, payloadOffset, payloadCaptured }: Packet, kept: Packet): void {
  if (kept.buffer.length === 0) kept.buffer = new Uint8Array(MOST_BYTES)
  kept.payloadOffset = 0
  kept.payloadCaptured = Math.min(payloadCaptured, MOST_BYTES)
  kept.buffer.set(buffer.subarray(payloadOffset, payloadOffset + kept.payloadCaptured))
}
