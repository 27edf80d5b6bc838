/** So many a minute: for what strangers can cause without end, and what may fill no disk and hold up no packet. */

const WINDOW_MS = 60_000

/** Lets the first of each minute through and counts the others. */
export class Ration {
  readonly #perMinute: number
  #windowStartMs = Number.NEGATIVE_INFINITY
  #admitted = 0
  #heldBack = 0

  constructor(perMinute: number) {
    this.#perMinute = perMinute
  }

  /** Gives how many were held back since the last that was let through; null when this one is held back. */
  admit(nowMs: number): number | null {
    // Where the clock was set back the minute begins now.
    this.#windowStartMs = Math.min(this.#windowStartMs, nowMs)
    if (nowMs - this.#windowStartMs >= WINDOW_MS) {
      this.#windowStartMs = nowMs
      this.#admitted = 0
    }
    if (this.#admitted >= this.#perMinute) {
      this.#heldBack += 1
      return null
    }
    this.#admitted += 1
    const before = this.#heldBack
    this.#heldBack = 0
    return before
  }
}
