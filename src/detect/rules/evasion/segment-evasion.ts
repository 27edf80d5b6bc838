/**
 * Detects TCP streams that say two things at once: segments with the same sequence number and other bytes, so that
 * whoever watches reads another stream than the receiver (fragroute, insertion with a TTL that ends on the way).
 *
 * A retransmission repeats itself byte for byte. One or two that do not may be segments damaged on the way; three of
 * one connection are meant. Looked at are short segments, as evaders cut them: a window of the last few thousand.
 * Left out: overlaps that begin elsewhere, and what long segments hold beyond their first bytes.
 * Source: Ptacek and Newsham, Insertion, Evasion, and Denial of Service (1998) §5; RFC 9293 §3.10.7.4.
 */
import type { Packet } from '../../../decode/packet.ts'
import type { Detector, Emit } from '../../detector.ts'
import { destinationAddress, destinationHash, sourceAddress, sourceHash } from '../state/packet-address.ts' // prettier-ignore
import { mix } from '../state/pair-key.ts'
import { Stories, type Suspect, type Telling } from '../state/stories.ts'
import { confidenceOf, counted, spanOf } from '../state/wording.ts'
import type { OddFlagsConfig } from './config.ts'

const MAX_SUSPECTS = 512
/** Short segments: what fits in one is no bulk transfer, and costs a look-up each. */
const MOST_BYTES = 256
/** Probes of a closed window and keep-alives send one byte, and any. */
const LEAST_BYTES = 2
const COMPARED_BYTES = 16
const PLACES = 4096
/** So long a retransmission takes at most. */
const FRESH_US = 30_000_000
const ENOUGH = 3

interface Twofold extends Suspect {
  readonly attacker: string
  readonly victim: string
}

export class SegmentEvasion implements Detector {
  readonly name = 'segment-evasion'
  readonly watches = ['tcp-payload'] as const
  readonly #stories: Stories<Twofold>
  /** Of each segment seen of late: the hash of its ends and number, when it came, and how it begins. */
  readonly #hashes = new Int32Array(PLACES)
  readonly #seenUs = new Float64Array(PLACES)
  readonly #lengths = new Uint8Array(PLACES)
  readonly #beginnings = new Uint8Array(PLACES * COMPARED_BYTES)

  constructor({ forgetAfterSeconds }: OddFlagsConfig, emit: Emit) {
    this.#stories = new Stories<Twofold>({
      detector: this.name,
      family: 'evasion',
      cap: MAX_SUSPECTS,
      forgetAfterUs: forgetAfterSeconds * 1e6,
      emit,
      tell,
    })
  }

  packet(packet: Packet): void {
    const { payloadLength, payloadCaptured } = packet
    if (payloadLength > MOST_BYTES || payloadLength < LEAST_BYTES || packet.isFragment) return
    const stream = streamHash(packet)
    const hash = mix(stream, packet.tcpSequence)
    const place = hash & (PLACES - 1)
    const length = Math.min(payloadCaptured, COMPARED_BYTES)
    const isSame = this.#hashes[place] === hash && this.#lengths[place] !== 0
    if (isSame && Math.abs(packet.timestampUs - this.#seenUs[place]!) <= FRESH_US) {
      if (this.#differs(packet, place, Math.min(length, this.#lengths[place]!))) {
        this.#note(packet, stream)
      }
      return
    }
    this.#hashes[place] = hash
    this.#seenUs[place] = packet.timestampUs
    this.#lengths[place] = length
    const from = packet.payloadOffset
    for (let index = 0; index < length; index += 1) {
      this.#beginnings[place * COMPARED_BYTES + index] = packet.buffer[from + index]!
    }
  }

  tick(nowUs: number): void {
    this.#stories.tick(nowUs)
  }

  end(): void {
    this.#stories.end()
  }

  forgotten(): number {
    return this.#stories.forgotten()
  }

  #differs({ buffer, payloadOffset }: Packet, place: number, length: number): boolean {
    for (let index = 0; index < length; index += 1) {
      const before = this.#beginnings[place * COMPARED_BYTES + index]!
      if (before !== buffer[payloadOffset + index]!) return true
    }
    return false
  }

  #note(packet: Packet, stream: number): void {
    const nowUs = packet.timestampUs
    const suspect =
      this.#stories.get(stream) ??
      this.#stories.add(stream, {
        ...{ firstUs: nowUs, lastUs: nowUs, count: 0, story: null },
        ...{ attacker: sourceAddress(packet), victim: destinationAddress(packet) },
      })
    suspect.lastUs = Math.max(suspect.lastUs, nowUs)
    suspect.count += 1
    if (suspect.count >= ENOUGH) this.#stories.tell(suspect, nowUs)
  }
}

/** One direction of one connection. */
function streamHash(packet: Packet): number {
  const ends = mix(sourceHash(packet), destinationHash(packet))
  return mix(ends, packet.sourcePort * 65_536 + packet.destinationPort)
}

function tell({ attacker, victim, count, firstUs, lastUs }: Twofold): Telling {
  return {
    kind: 'evasion.overlapping-segments',
    severity: 5,
    confidence: confidenceOf(0.8, count - ENOUGH, 4),
    attacker,
    victims: [victim],
    summary: `${attacker} sent ${victim} ${counted(count, 'TCP segment')} that say other than what was sent in their place before, within ${spanOf(lastUs - firstUs)}; retransmissions repeat themselves`,
    reasons: [{ feature: 'contradictingSegments', value: count, baseline: 0, weight: 1 }],
    mitre: ['T1562'],
  }
}
