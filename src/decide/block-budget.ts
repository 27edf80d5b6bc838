/** The breaker on automatic blocks: a wrong rule must not cut off a whole network in a minute. */
import type { Clock } from '../core/clock.ts'

const WINDOW_MS = 60_000

/** Grants at most `perMinute` automatic blocks in any minute. */
export class BlockBudget {
  readonly #perMinute: number
  readonly #clock: Clock
  #grantedAtMs: number[] = []

  constructor(perMinute: number, clock: Clock) {
    this.#perMinute = perMinute
    this.#clock = clock
  }

  /** Takes one from the budget; false when the minute's is spent. */
  take(): boolean {
    const now = this.#clock.nowMs()
    this.#grantedAtMs = this.#grantedAtMs.filter((granted) => now - granted < WINDOW_MS)
    if (this.#grantedAtMs.length >= this.#perMinute) return false
    this.#grantedAtMs.push(now)
    return true
  }
}
