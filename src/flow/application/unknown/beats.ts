/** Messages of one size that one side sends again and again: the keep-alive of a conversation, if it has one. */
import type { StreamBeat } from './stream-facts.ts'

/** Sizes followed at once, and gaps kept of each. */
const MOST_SIZES = 4
const MOST_GAPS = 32
const FEWEST_GAPS = 5
/** A gap is steady within this share of the median. */
const STEADY_SHARE = 0.2

interface Beat {
  readonly side: number
  readonly bytes: number
  count: number
  lastUs: number
  /** A ring. */
  readonly gaps: number[]
}

export class Beats {
  readonly #beats: Beat[] = []

  note(side: number, bytes: number, nowUs: number): void {
    const known = this.#beats.find((beat) => beat.side === side && beat.bytes === bytes)
    if (known === undefined) {
      this.#add({ side, bytes, count: 1, lastUs: nowUs, gaps: [] })
      return
    }
    known.gaps[(known.count - 1) % MOST_GAPS] = Math.max(0, nowUs - known.lastUs)
    known.count += 1
    known.lastUs = nowUs
  }

  /** The size that came most often; null while none came often enough to speak of a beat. */
  steadiest(): StreamBeat | null {
    let most: Beat | null = null
    for (const beat of this.#beats) {
      if (beat.gaps.length >= FEWEST_GAPS && beat.count > (most?.count ?? 0)) most = beat
    }
    if (most === null) return null
    const sorted = [...most.gaps].sort((one, other) => one - other)
    const medianGapUs = sorted[sorted.length >> 1]!
    const steady = sorted.filter((gap) => Math.abs(gap - medianGapUs) <= medianGapUs * STEADY_SHARE)
    return {
      isFromResponder: most.side !== 0,
      bytes: most.bytes,
      count: most.count,
      medianGapUs,
      steadyShare: steady.length / sorted.length,
    }
  }

  /** A new size takes the place of the one seen least, of those the one seen longest ago. */
  #add(beat: Beat): void {
    if (this.#beats.length < MOST_SIZES) {
      this.#beats.push(beat)
      return
    }
    let least = 0
    for (let index = 1; index < MOST_SIZES; index += 1) {
      const one = this.#beats[index]!
      const other = this.#beats[least]!
      if (one.count < other.count || (one.count === other.count && one.lastUs < other.lastUs)) {
        least = index
      }
    }
    this.#beats[least] = beat
  }
}
