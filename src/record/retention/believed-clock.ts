/** The wall clock as far as it may be believed where what is old is deleted for good. */
import type { Clock } from '../../core/clock.ts'

const HOUR_MS = 3_600_000
const DOUBT_MS = 24 * HOUR_MS

/**
 * Follows the wall clock, but for a leap of more than an hour into the future: a wrong clock would have everything
 * deleted as too old, so it is believed only when it has stood for a day. A pause of the machine is such a leap, too.
 */
export class BelievedClock implements Clock {
  readonly #clock: Clock
  readonly #elapsedMs: () => number
  #believedMs: number
  #askedAtMs: number
  #doubtedSinceMs: number | null = null

  /**
   * `knownMs`: when it was last known how late it is, null for never: a host may start with a wrong clock, too.
   * `elapsedMs` goes on evenly, whoever sets the clock.
   */
  constructor(clock: Clock, knownMs: number | null, elapsedMs = (): number => performance.now()) {
    this.#clock = clock
    this.#elapsedMs = elapsedMs
    this.#believedMs = knownMs ?? clock.nowMs()
    this.#askedAtMs = elapsedMs()
    this.nowMs()
  }

  /** To be asked every few minutes at least. */
  nowMs(): number {
    const [toldMs, elapsedMs] = [this.#clock.nowMs(), this.#elapsedMs()]
    const expectedMs = this.#believedMs + elapsedMs - this.#askedAtMs
    this.#askedAtMs = elapsedMs
    this.#doubtedSinceMs =
      toldMs - expectedMs > HOUR_MS ? (this.#doubtedSinceMs ?? elapsedMs) : null
    const isDoubted = this.#doubtedSinceMs !== null && elapsedMs - this.#doubtedSinceMs < DOUBT_MS
    this.#believedMs = isDoubted ? expectedMs : toldMs
    return this.#believedMs
  }
}
