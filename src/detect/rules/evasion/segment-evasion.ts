/**
 * Detects TCP streams that say two things at once: segments with the same sequence number and other bytes, so that
 * whoever watches reads another stream than the receiver (fragroute, insertion with a TTL that ends on the way).
 *
 * A retransmission repeats itself byte for byte. One or two that do not may be damaged on the way; three places
 * of one connection are meant. A capture made by hand bears one number throughout, and a device that begins each
 * connection with the same port and number says something new in each: neither is two things in one place.
 * Looked at are short segments, as evaders cut them: a window of the last few thousand.
 * Left out: overlaps that begin elsewhere, and what long segments hold beyond their first bytes.
 * Source: Ptacek and Newsham, Insertion, Evasion, and Denial of Service (1998) §5; RFC 9293 §3.10.7.4.
 */
import type { Packet } from '../../../decode/packet.ts'
import type { LiveFlow } from '../../../flow/flow.ts'
import { IpProtocol } from '../../../net/protocol.ts'
import type { Detector, Emit, Memory } from '../../detector.ts'
import { destinationAddress, destinationHash, originatorHash, responderHash, sourceAddress, sourceHash } from '../state/packet-address.ts' // prettier-ignore
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
/** Streams of which it is remembered when they began. */
const STREAMS = 1024

interface Twofold extends Suspect {
  readonly attacker: string
  readonly victim: string
  /** Numbers in whose places two things were said: the first ones. */
  readonly places: Set<number>
}

export class SegmentEvasion implements Detector {
  readonly name = 'segment-evasion'
  readonly watches = ['tcp-payload'] as const
  readonly memories: readonly Memory[]
  readonly #stories: Stories<Twofold>
  /** Of each segment seen of late: the hash of its ends and number, when it came, and how it begins. */
  readonly #hashes = new Int32Array(PLACES)
  readonly #seenUs = new Float64Array(PLACES)
  readonly #lengths = new Uint8Array(PLACES)
  readonly #beginnings = new Uint8Array(PLACES * COMPARED_BYTES)
  /** Of connections opened of late: the hash of the opener's stream, and when. */
  readonly #opened = new Int32Array(STREAMS)
  readonly #openedUs = new Float64Array(STREAMS)

  constructor({ forgetAfterSeconds }: OddFlagsConfig, emit: Emit) {
    this.#stories = new Stories<Twofold>({
      detector: this.name,
      family: 'evasion',
      cap: MAX_SUSPECTS,
      forgetAfterUs: forgetAfterSeconds * 1e6,
      emit,
      tell,
    })
    this.memories = [this.#stories]
  }

  packet(packet: Packet): void {
    const { payloadLength, payloadCaptured } = packet
    if (payloadLength > MOST_BYTES || payloadLength < LEAST_BYTES || packet.isFragment) return
    const stream = streamHash(packet)
    const hash = mix(stream, packet.tcpSequence)
    const place = hash & (PLACES - 1)
    const length = Math.min(payloadCaptured, COMPARED_BYTES)
    const isSame = this.#hashes[place] === hash && this.#lengths[place] !== 0
    if (isSame && this.#isFresh(stream, this.#seenUs[place]!, packet.timestampUs)) {
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

  flowOpened(flow: LiveFlow): void {
    if (flow.protocol !== IpProtocol.TCP) return
    const { originatorPort, responderPort, startUs } = flow
    const originator = originatorHash(flow)
    const responder = responderHash(flow)
    this.#opens(endsHash(originator, responder, originatorPort, responderPort), startUs)
    this.#opens(endsHash(responder, originator, responderPort, originatorPort), startUs)
  }

  #opens(stream: number, nowUs: number): void {
    const place = stream & (STREAMS - 1)
    this.#opened[place] = stream
    this.#openedUs[place] = nowUs
  }

  /** What was seen belongs to the same connection as what is seen now. */
  #isFresh(stream: number, seenUs: number, nowUs: number): boolean {
    if (Math.abs(nowUs - seenUs) > FRESH_US) return false
    const place = stream & (STREAMS - 1)
    return this.#opened[place] !== stream || seenUs >= this.#openedUs[place]!
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
        places: new Set(),
      })
    suspect.lastUs = Math.max(suspect.lastUs, nowUs)
    suspect.count += 1
    if (suspect.places.size < ENOUGH) suspect.places.add(packet.tcpSequence)
    if (suspect.places.size >= ENOUGH) this.#stories.tell(suspect, nowUs)
  }
}

/** One direction of one connection. */
function streamHash(packet: Packet): number {
  return endsHash(sourceHash(packet), destinationHash(packet), packet.sourcePort, packet.destinationPort) // prettier-ignore
}

function endsHash(source: number, destination: number, from: number, to: number): number {
  return mix(mix(source, destination), from * 65_536 + to)
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
