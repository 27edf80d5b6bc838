/** The breaker on automatic blocks: a wrong rule, or forged senders, must not cut off a whole network in a minute. */
import type { Clock } from '../core/clock.ts'

const WINDOW_MS = 60_000

export interface BreakerOptions {
  readonly maxPerMinute: number
  /** How long it stays open. */
  readonly openMs: number
  readonly clock: Clock
  /** Told once each time that it opens. */
  onOpen(untilMs: number): void
}

/** Grants so many automatic blocks in any minute; asked for one more it opens, and grants none for a while. */
export class BlockBreaker {
  readonly #options: BreakerOptions
  #grantedAtMs: number[] = []
  #openUntilMs = -Infinity

  constructor(options: BreakerOptions) {
    this.#options = options
  }

  /** When it closes again, ms since the epoch; null while it is closed. */
  get openUntilMs(): number | null {
    const { clock, openMs } = this.#options
    const nowMs = clock.nowMs()
    // Where the clock was set back it is open for no longer than was meant from now on.
    this.#openUntilMs = Math.min(this.#openUntilMs, nowMs + openMs)
    return this.#openUntilMs > nowMs ? this.#openUntilMs : null
  }

  /** Takes one; false while it is open. */
  take(): boolean {
    if (this.openUntilMs !== null) return false
    const { maxPerMinute, openMs, clock, onOpen } = this.#options
    const now = clock.nowMs()
    this.#grantedAtMs = this.#grantedAtMs
      .map((granted) => Math.min(granted, now))
      .filter((granted) => now - granted < WINDOW_MS)
    if (this.#grantedAtMs.length < maxPerMinute) {
      this.#grantedAtMs.push(now)
      return true
    }
    this.#grantedAtMs = []
    this.#openUntilMs = now + openMs
    onOpen(this.#openUntilMs)
    return false
  }
}
