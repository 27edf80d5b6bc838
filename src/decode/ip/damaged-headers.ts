/**
 * Tells IPv4 headers that were damaged on their way from those whose checksum nobody set: a wrong checksum alone
 * says neither.
 *
 * Every host drops what fails its checksum (RFC 1122 §3.2.1.2), so what such a packet says was heard by nobody. Yet
 * captures are rewritten without mending it, and cards fill it in behind the capture's back: there it fails for all
 * packets, or for all of one sender's. So it is believed while it holds for nearly all, and of a sender who is known to
 * get it right or was never heard of.
 */
import { HeaderChecksum, type Packet } from '../packet.ts'

const PLACES = 65536
/** Of so many packets one at most is damaged on the worst of links. */
const MOST_DAMAGED = 1 / 8
/** Counts are halved when they have come so far: what held yesterday need not hold today. */
const MOST_COUNTED = 16384

const IS_KNOWN_RIGHT = 1
const IS_KNOWN_WRONG = 2

/** Fixed size: 64 KB. Senders that share a place are taken for one. Cost: O(1), no allocation. */
export class DamagedHeaders {
  readonly #senders = new Uint8Array(PLACES)
  #right = 0
  #wrong = 0

  /** Notes a packet, and says whether its header was damaged. */
  isDamaged(packet: Packet): boolean {
    if (packet.headerChecksum === HeaderChecksum.NONE) return false
    const place = placeOf(packet.source3)
    if (packet.headerChecksum === HeaderChecksum.RIGHT) {
      this.#senders[place]! |= IS_KNOWN_RIGHT
      this.#right += 1
      if (this.#right > MOST_COUNTED) this.#halve()
      return false
    }
    this.#wrong += 1
    const known = this.#senders[place]!
    this.#senders[place] = known | IS_KNOWN_WRONG
    if (this.#wrong > this.#right * MOST_DAMAGED) return false
    return known !== IS_KNOWN_WRONG
  }

  #halve(): void {
    this.#right /= 2
    this.#wrong /= 2
  }
}

function placeOf(source: number): number {
  return Math.imul(source ^ (source >>> 16), 0x85ebca6b) >>> 16
}
