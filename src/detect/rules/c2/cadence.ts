/** How regularly something happens: medians, since one late beacon must not hide the others. */

/** Times kept; older ones make room. */
const MOST_TIMES = 64
/** Two within this time are one occasion: a client that opens several connections at once. */
const SAME_OCCASION_US = 250_000
/** A gap counts as regular within this share of the median. */
const REGULAR_SHARE = 0.2
/** A gap counts as bounded within this share of the median: half as jitter, and some for the way. */
const BOUNDED_SHARE = 0.6

export interface Rhythm {
  readonly medianGapUs: number
  /** Median absolute deviation over the median. */
  readonly jitter: number
  /** Share of the gaps within a fifth of the median. */
  readonly regularShare: number
  /** Share of the gaps within three fifths of the median: what a program draws by lot has bounds, what people do has none. */
  readonly boundedShare: number
  readonly gaps: number
  /** The longest over the median: people leave for lunch. */
  readonly longestFactor: number
}

export class Cadence {
  readonly #times: number[] = []
  #count = 0
  #lastGapUs = 0
  #lastUs = Number.NEGATIVE_INFINITY

  /** The gap before the last occasion; 0 with fewer than two. */
  get lastGapUs(): number {
    return this.#lastGapUs
  }

  /** Occasions in all. */
  get count(): number {
    return this.#count
  }

  /** Notes an occasion; false when it is part of the one before, or the clock went back. */
  note(nowUs: number): boolean {
    if (nowUs - this.#lastUs < SAME_OCCASION_US) return false
    if (this.#count > 0) this.#lastGapUs = nowUs - this.#lastUs
    this.#times[this.#count % MOST_TIMES] = nowUs
    this.#count += 1
    this.#lastUs = nowUs
    return true
  }

  /** Sorts what is kept; cost: up to 64 numbers. Null with fewer than four gaps. */
  rhythm(): Rhythm | null {
    const gaps = this.#gaps()
    if (gaps.length < 4) return null
    const medianGapUs = median(gaps)
    const deviations = gaps.map((gap) => Math.abs(gap - medianGapUs))
    const regular = deviations.filter((deviation) => deviation <= medianGapUs * REGULAR_SHARE)
    const bounded = deviations.filter((deviation) => deviation <= medianGapUs * BOUNDED_SHARE)
    return {
      medianGapUs,
      jitter: median(deviations) / medianGapUs,
      regularShare: regular.length / gaps.length,
      boundedShare: bounded.length / gaps.length,
      gaps: gaps.length,
      longestFactor: Math.max(...gaps) / medianGapUs,
    }
  }

  #gaps(): number[] {
    const times = [...this.#times].sort((one, other) => one - other)
    return times.slice(1).map((time, index) => time - times[index]!)
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[sorted.length >> 1]!
}
