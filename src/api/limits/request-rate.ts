/** How many requests each caller may make in a minute, and the headers that tell it. */
import type { Clock } from '../../core/clock.ts'

const WINDOW_MS = 60_000
/** Callers that are counted at once; beyond it the one whose window began first goes. */
const MAX_CALLERS = 4096

interface Window {
  startMs: number
  requests: number
}

/** What is left to a caller after this request. */
export interface Allowance {
  readonly isExceeded: boolean
  readonly secondsToReset: number
  /** `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10). */
  readonly headers: Readonly<Record<string, string>>
}

export class RequestRate {
  readonly #perMinute: number
  readonly #clock: Clock
  readonly #windows = new Map<string, Window>()

  constructor(perMinute: number, clock: Clock) {
    this.#perMinute = perMinute
    this.#clock = clock
  }

  /** Counts a request of the caller. */
  take(caller: string): Allowance {
    const nowMs = this.#clock.nowMs()
    const window = this.#window(caller, nowMs)
    window.requests += 1
    const left = Math.max(0, this.#perMinute - window.requests)
    const leftMs = Math.max(1, window.startMs + WINDOW_MS - nowMs)
    const secondsToReset = Math.ceil(leftMs / 1000)
    return {
      isExceeded: window.requests > this.#perMinute,
      secondsToReset,
      headers: {
        'ratelimit-policy': `"requests";q=${this.#perMinute};w=${WINDOW_MS / 1000}`,
        ratelimit: `"requests";r=${left};t=${secondsToReset}`,
      },
    }
  }

  #window(caller: string, nowMs: number): Window {
    const known = this.#windows.get(caller)
    if (known !== undefined && nowMs - known.startMs < WINDOW_MS) {
      // Where the clock was set back the minute begins now.
      known.startMs = Math.min(known.startMs, nowMs)
      return known
    }
    this.#windows.delete(caller)
    if (this.#windows.size >= MAX_CALLERS) this.#windows.delete(this.#windows.keys().next().value!)
    const window = { startMs: nowMs, requests: 0 }
    this.#windows.set(caller, window)
    return window
  }
}
