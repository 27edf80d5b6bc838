/** Timestamps for frames that come without one: the moment of their arrival here. */
import { performance } from 'node:perf_hooks'

/** Wall and monotonic clock may part by this much (NTP slewing) before the wall clock is believed. */
const MAX_DRIFT_MS = 100

/**
 * A clock in µs since the epoch that never goes back from one frame to the next.
 *
 * Cost: one monotonic reading a call; the wall clock is read only in `follow`.
 */
export class ArrivalClock {
  #epochMs = performance.timeOrigin
  #lastUs = 0

  /** Whole µs since the epoch, now. */
  nowUs(): number {
    const us = Math.floor((this.#epochMs + performance.now()) * 1000)
    if (us > this.#lastUs) this.#lastUs = us
    return this.#lastUs
  }

  /** Follows a wall clock that was set; call it now and then. */
  follow(): void {
    const wallMs = Date.now()
    const driftMs = wallMs - (this.#epochMs + performance.now())
    if (Math.abs(driftMs) < MAX_DRIFT_MS) return
    this.#epochMs += driftMs
    this.#lastUs = 0
  }
}
