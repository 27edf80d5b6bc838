/**
 * Fragmented packets while their pieces come in: the ports, which only the first piece bears (RFC 791 §3.2),
 * and pieces that quarrel over the same bytes.
 *
 * Which of two overlapping pieces counts differs from system to system, so whoever overlaps shows a watcher
 * other bytes than the receiver takes (Ptacek and Newsham 1998; RFC 5722). Nothing is put together here: the pieces of a
 * TCP segment are given their sequence numbers, by which they are read like segments.
 */
import { IpProtocol } from '../../net/protocol.ts'
import { FragmentFault, type Packet } from '../packet.ts'
import {
  Entry,
  ENTRY_WORDS,
  gatherPiece,
  isWhole,
  quarrels,
  FIRST_PIECE,
} from './fragment-pieces.ts'
import { fragmentOrigin, placeFragment } from './fragment.ts'

/** Direct-mapped: a collision overwrites. A flood of fragments therefore costs nothing but itself. */
const ENTRIES = 1024
/** RFC 791 lets a host reassemble for as long; Linux gives up after 30 s. */
const LIFETIME_US = 30e6
/**
 * IPv4's 16 bits of identification come round again at high rates (RFC 4963): pieces that come later than
 * this after the first of their packet, and do not fit, are of another packet.
 */
const QUARREL_US = 5e6
/**
 * No path is so narrow that all but the last fragment of an honest TCP segment must be shorter: SLIP's took 296 bytes,
 * IPv6 asks for 1,280.
 */
const SHORTEST_PIECE = 200
/** RFC 1858 §3: no fragment begins before the flags. */
const FIRST_OFFSET = 16
/** What 65,535 bytes hold behind the shortest IPv4 header; IPv6 counts its payload alone. */
const LONGEST_PAYLOAD = { 4: 65_515, 6: 65_535 } as const

/** How fragments have fared so far. */
export interface FragmentCounts {
  readonly fragments: number
  /** Fragments that overlap others otherwise than as their copy. */
  readonly overlapping: number
  readonly tiny: number
  /** Later fragments whose first was not seen before them: they count for a flow with ports 0. */
  readonly withoutPorts: number
  /** Unfinished packets forgotten since another took their place in the table. */
  readonly forgotten: number
}

/** Memory: 0.9 MB, whatever comes. Cost: no allocation; at most 64 comparisons and one look at each byte. */
export class FragmentTable {
  readonly #words = new Int32Array(ENTRIES * ENTRY_WORDS)
  readonly #begunUs = new Float64Array(ENTRIES).fill(-Infinity)
  readonly #counts = { fragments: 0, overlapping: 0, tiny: 0, withoutPorts: 0, forgotten: 0 }

  get counts(): FragmentCounts {
    return { ...this.#counts }
  }

  /** Takes in a decoded fragment: sets `fragmentFault`, and of a later one the ports and its place, where they are known. */
  note(packet: Packet): void {
    this.#counts.fragments += 1
    if (isTiny(packet)) {
      packet.fragmentFault |= FragmentFault.TINY
      this.#counts.tiny += 1
    }
    const longest = LONGEST_PAYLOAD[packet.ipVersion === 6 ? 6 : 4]
    if (packet.fragmentOffset + packet.fragmentLength > longest) {
      packet.fragmentFault |= FragmentFault.OVERSIZED
    }
    const number = entryNumber(packet)
    const at = number * ENTRY_WORDS
    if (!this.#isOfPacket(number, packet)) this.#begin(number, packet)
    if (!quarrels(this.#words, at, packet)) {
      gatherPiece(this.#words, at, packet)
    } else if (this.#isStillOpen(number, packet)) {
      packet.fragmentFault |= FragmentFault.OVERLAP
      this.#counts.overlapping += 1
    } else {
      this.#begin(number, packet)
      gatherPiece(this.#words, at, packet)
    }
    if (packet.isLaterFragment) this.#lendPorts(at, packet)
    else this.#keepPorts(at, packet)
  }

  /** The protocol is in IPv4's key, not in IPv6's: there later pieces do not know it (RFC 8200 §4.5). */
  #isOfPacket(number: number, packet: Packet): boolean {
    const words = this.#words
    const at = number * ENTRY_WORDS
    return (
      Math.abs(packet.timestampUs - this.#begunUs[number]!) <= LIFETIME_US &&
      words[at + Entry.SOURCE3] === packet.source3 &&
      words[at + Entry.DESTINATION3] === packet.destination3 &&
      words[at + Entry.IDENTIFICATION] === packet.fragmentId &&
      words[at + Entry.META] === metaOf(packet) &&
      words[at + Entry.SOURCE0] === packet.source0 &&
      words[at + Entry.SOURCE1] === packet.source1 &&
      words[at + Entry.SOURCE2] === packet.source2 &&
      words[at + Entry.DESTINATION0] === packet.destination0 &&
      words[at + Entry.DESTINATION1] === packet.destination1 &&
      words[at + Entry.DESTINATION2] === packet.destination2
    )
  }

  #isStillOpen(number: number, packet: Packet): boolean {
    if (isWhole(this.#words, number * ENTRY_WORDS)) return false
    return Math.abs(packet.timestampUs - this.#begunUs[number]!) <= QUARREL_US
  }

  #begin(number: number, packet: Packet): void {
    const words = this.#words
    const at = number * ENTRY_WORDS
    const isLive = packet.timestampUs - this.#begunUs[number]! <= LIFETIME_US
    if (isLive && !isWhole(words, at)) this.#counts.forgotten += 1
    this.#begunUs[number] = packet.timestampUs
    words.fill(0, at, at + FIRST_PIECE)
    words[at + Entry.SOURCE0] = packet.source0
    words[at + Entry.SOURCE1] = packet.source1
    words[at + Entry.SOURCE2] = packet.source2
    words[at + Entry.SOURCE3] = packet.source3
    words[at + Entry.DESTINATION0] = packet.destination0
    words[at + Entry.DESTINATION1] = packet.destination1
    words[at + Entry.DESTINATION2] = packet.destination2
    words[at + Entry.DESTINATION3] = packet.destination3
    words[at + Entry.IDENTIFICATION] = packet.fragmentId
    words[at + Entry.META] = metaOf(packet)
  }

  /** Of two first fragments that quarrel, the one seen first stands. */
  #keepPorts(at: number, packet: Packet): void {
    const words = this.#words
    if (words[at + Entry.HAS_PORTS] !== 0) return
    words[at + Entry.HAS_PORTS] = 1
    words[at + Entry.PORTS] = (packet.sourcePort << 16) | packet.destinationPort
    words[at + Entry.ICMP_IDENTIFIER] = packet.icmpIdentifier
    words[at + Entry.PROTOCOL] = packet.protocol
    const origin = fragmentOrigin(packet)
    words[at + Entry.HAS_ORIGIN] = origin === null ? 0 : 1
    words[at + Entry.ORIGIN] = origin ?? 0
  }

  #lendPorts(at: number, packet: Packet): void {
    const words = this.#words
    if (words[at + Entry.HAS_PORTS] === 0) {
      this.#counts.withoutPorts += 1
      return
    }
    packet.sourcePort = words[at + Entry.PORTS]! >>> 16
    packet.destinationPort = words[at + Entry.PORTS]! & 0xffff
    packet.icmpIdentifier = words[at + Entry.ICMP_IDENTIFIER]!
    packet.protocol = words[at + Entry.PROTOCOL]!
    if (words[at + Entry.HAS_ORIGIN] !== 0) placeFragment(packet, words[at + Entry.ORIGIN]!)
  }
}

/** Of UDP and the rest honest senders make such too, by the size that their programs hand over. */
function isTiny(packet: Packet): boolean {
  if (packet.protocol !== IpProtocol.TCP) return false
  if (packet.isLaterFragment && packet.fragmentOffset < FIRST_OFFSET) return true
  return packet.hasMoreFragments && packet.fragmentLength < SHORTEST_PIECE
}

function metaOf(packet: Packet): number {
  const protocol = packet.ipVersion === 4 ? packet.protocol : 0
  return protocol | (packet.ipVersion << 8) | (packet.tunnelDepth << 12) | (packet.vlan << 16)
}

function entryNumber(packet: Packet): number {
  const source = packet.source0 ^ packet.source1 ^ packet.source2 ^ packet.source3
  const destination =
    packet.destination0 ^ packet.destination1 ^ packet.destination2 ^ packet.destination3
  const mixed = Math.imul(source + packet.fragmentId, 0x9e3779b1)
  return (Math.imul(mixed ^ destination, 0x85ebca6b) >>> 16) & (ENTRIES - 1)
}
