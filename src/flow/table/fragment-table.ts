/**
 * Ports of fragmented packets: later fragments have none of their own (RFC 791 §3.2).
 *
 * A small direct-mapped table; a collision overwrites, and the fragments that lose their entry are folded
 * into a flow with ports 0. A flood of fragments therefore costs nothing but itself.
 */
import type { Packet } from '../../decode/index.ts'

const ENTRIES = 1024
const WORDS = 6
/** RFC 791 lets a host reassemble for as long; Linux gives up after 30 s. */
const LIFETIME_US = 30e6

const SOURCE = 0
const DESTINATION = 1
const IDENTIFICATION = 2
const META = 3
const PORTS = 4

export class FragmentTable {
  readonly #words = new Int32Array(ENTRIES * WORDS)
  readonly #storedUs = new Float64Array(ENTRIES).fill(-Infinity)

  /** Remembers what the first fragment told: the ports, packed as in the flow key. */
  remember(packet: Packet, meta: number, ports: number, nowUs: number): void {
    const entry = this.#entryOf(packet)
    const at = entry * WORDS
    const words = this.#words
    words[at + SOURCE] = foldedSource(packet)
    words[at + DESTINATION] = foldedDestination(packet)
    words[at + IDENTIFICATION] = packet.fragmentId
    words[at + META] = meta
    words[at + PORTS] = ports
    this.#storedUs[entry] = nowUs
  }

  /** Returns the packed ports of a later fragment's packet; 0 when its first fragment is not known. */
  recall(packet: Packet, meta: number, nowUs: number): number {
    const entry = this.#entryOf(packet)
    const at = entry * WORDS
    const words = this.#words
    const isKnown =
      nowUs - this.#storedUs[entry]! <= LIFETIME_US &&
      words[at + SOURCE] === foldedSource(packet) &&
      words[at + DESTINATION] === foldedDestination(packet) &&
      words[at + IDENTIFICATION] === packet.fragmentId &&
      words[at + META] === meta
    return isKnown ? words[at + PORTS]! : 0
  }

  #entryOf(packet: Packet): number {
    const mixed = Math.imul(foldedSource(packet) + packet.fragmentId, 0x9e3779b1)
    return (Math.imul(mixed ^ foldedDestination(packet), 0x85ebca6b) >>> 16) & (ENTRIES - 1)
  }
}

function foldedSource(packet: Packet): number {
  return packet.source0 ^ packet.source1 ^ packet.source2 ^ packet.source3
}

function foldedDestination(packet: Packet): number {
  return packet.destination0 ^ packet.destination1 ^ packet.destination2 ^ packet.destination3
}
