/**
 * Adds to each detection the frames of its parties: the first ones when it is first told, more when it is told
 * again, up to a bound.
 *
 * A frame belongs to a story when both its ends are parties of it, or the attacker's (the host's) when the
 * victims are more than can be named. Nothing is held back for what may come: the cost is one copy a frame and
 * one walk over the ring for a telling.
 */
import type { Frame } from '../capture/source.ts'
import type { Packet } from '../decode/packet.ts'
import type { Detection, PacketEvidence } from '../detect/detection.ts'
import { parseAddress } from '../net/address.ts'
import type { EvidenceConfig } from './config.ts'
import { FrameRing, ipv6End } from './frame-ring.ts'
import { joined, recordHeader } from './pcap-records.ts'

/** Stories whose packets are being gathered; the one begun longest ago goes first. */
const MAX_STORIES = 1024
/** A walk takes some 100 µs; a storm of stories must not spend a second of packets on it. */
const MAX_WALKS_PER_SECOND = 100
/** Detectors tell when a story began by the packet that opened it, not by those before. */
const BEFORE_US = 1e6
/** Of the packets of an event, so many in four are of its beginning; the rest of what came after. */
const FIRST_QUARTERS = 3
/** Of one event, whatever snapBytes and maxPacketsPerEvent come to. */
const MAX_BYTES = 1_000_000
const FILTER_PLACES = 1024
/** As many as a detection names; there may be more. */
const MANY_VICTIMS = 32

interface Gathered {
  left: number
  bytesLeft: number
  /** Number of the first frame that was not looked at. */
  next: number
  linkType: number
}

interface Parties {
  readonly anchors: ReadonlySet<number>
  readonly all: ReadonlySet<number>
  readonly isOpen: boolean
  /** 1 where an end of some party falls: nearly all frames are of none, and this tells so at once. */
  readonly filter: Uint8Array
}

export class EvidenceTaker {
  readonly #config: EvidenceConfig
  readonly #ring: FrameRing
  readonly #stories = new Map<string, Gathered>()
  #walks = 0
  #walksSinceUs = 0

  constructor(config: EvidenceConfig) {
    this.#config = config
    this.#ring = new FrameRing(config.maxMemoryMegabytes * 1_000_000, config.snapBytes)
  }

  /** Takes in a frame and what it was decoded to. */
  frame(frame: Frame, packet: Packet): void {
    this.#ring.add(frame, packet)
  }

  /** Gives the detection with the frames that belong to it; as it is where there are none. */
  withEvidence(detection: Detection): Detection {
    if (detection.severity < this.#config.minSeverity) return detection
    const gathered = this.#stories.get(detection.id) ?? this.#begin(detection.id)
    if (gathered.left === 0 || !this.#mayWalk(detection.lastSeenUs)) return detection
    const numbers = this.#numbersOf(detection, gathered)
    if (detection.isFinal) this.#stories.delete(detection.id)
    const evidence = this.#take(numbers, gathered)
    return evidence === null ? detection : { ...detection, evidence }
  }

  #begin(id: string): Gathered {
    const gathered = {
      left: this.#config.maxPacketsPerEvent,
      bytesLeft: MAX_BYTES,
      next: 0,
      linkType: -1,
    }
    if (this.#stories.size >= MAX_STORIES) {
      const [oldest] = this.#stories.keys()
      this.#stories.delete(oldest!)
    }
    this.#stories.set(id, gathered)
    return gathered
  }

  #mayWalk(nowUs: number): boolean {
    if (Math.abs(nowUs - this.#walksSinceUs) > 1e6) {
      this.#walksSinceUs = nowUs
      this.#walks = 0
    }
    this.#walks += 1
    return this.#walks <= MAX_WALKS_PER_SECOND
  }

  /** Numbers of the story's frames that were not looked at yet, as many as may be taken now. */
  #numbersOf(detection: Detection, gathered: Gathered): number[] {
    const ring = this.#ring
    const isFirst = gathered.next === 0
    const sinceUs = detection.firstSeenUs - BEFORE_US
    const share = isFirst && !detection.isFinal ? FIRST_QUARTERS / 4 : 1
    const room = Math.max(1, Math.floor(gathered.left * share))
    const parties = partiesOf(detection)
    const numbers: number[] = []
    let number = Math.max(ring.first, gathered.next)
    for (; number < ring.next && numbers.length < room; number += 1) {
      if (!belongs(parties, ring.source(number), ring.destination(number))) continue
      if (ring.timeUs(number) >= sinceUs) numbers.push(number)
    }
    gathered.next = Math.max(number, 1)
    return numbers
  }

  #take(numbers: readonly number[], gathered: Gathered): PacketEvidence | null {
    const ring = this.#ring
    const parts: Uint8Array[] = []
    let packets = 0
    for (const number of numbers) {
      // A pcap has one link type.
      if (gathered.linkType < 0) gathered.linkType = ring.linkType(number)
      if (gathered.linkType !== ring.linkType(number)) continue
      const bytes = ring.bytes(number)
      if (bytes.length > gathered.bytesLeft) break
      gathered.bytesLeft -= bytes.length
      parts.push(recordHeader(ring.timeUs(number), bytes.length, ring.wireLength(number)), bytes)
      packets += 1
    }
    gathered.left -= packets
    if (packets === 0) return null
    return { linkType: gathered.linkType, packets, records: joined(parts) }
  }
}

function partiesOf({ attacker, host, victims }: Detection): Parties {
  const anchors = endsOf([attacker, host])
  const named = endsOf(victims)
  const all = new Set([...anchors, ...named])
  const filter = new Uint8Array(FILTER_PLACES)
  for (const end of all) filter[filterPlace(end)] = 1
  const isAlone = anchors.size === 0 || named.size === 0
  return {
    anchors: anchors.size === 0 ? named : anchors,
    all,
    filter,
    // Of a forged flood the senders are nobody's; of a host without a named peer all are its own.
    isOpen: (isAlone && anchors.size < 2) || victims.length >= MANY_VICTIMS,
  }
}

function belongs(parties: Parties, source: number, destination: number): boolean {
  const { anchors, all, isOpen, filter } = parties
  const known = filter[filterPlace(source)]! + filter[filterPlace(destination)]!
  if (known === 0 || (known === 1 && !isOpen)) return false
  if (all.has(source) && all.has(destination)) return true
  return isOpen && (anchors.has(source) || anchors.has(destination))
}

const filterPlace = (end: number): number => (end ^ (end >>> 12)) & (FILTER_PLACES - 1)

function endsOf(addresses: readonly (string | null)[]): Set<number> {
  const ends = new Set<number>()
  for (const text of addresses) {
    const address = text === null ? null : parseAddress(text)
    if (address === null) continue
    const [word0, word1, word2, word3] = address.words
    ends.add(address.family === 4 ? word3 | 0 : ipv6End(word0, word1, word2, word3))
  }
  return ends
}
