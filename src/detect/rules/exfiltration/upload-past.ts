/** How much a host sends outside in an hour, as it has been so far. */

export const HOUR_US = 3_600_000_000

/** The busiest hour fades by half in about five weeks of busy hours. */
const FADE = 0.999

export class UploadPast {
  lastUs: number
  #hourUs: number
  #hourBytes = 0
  #busiestBytes = 0
  #hours = 0

  constructor(nowUs: number) {
    this.lastUs = nowUs
    this.#hourUs = nowUs
  }

  /** Whole hours so far in which the host sent something. */
  get hours(): number {
    return this.#hours
  }

  /** The most it sent in one of them. */
  get busiestBytes(): number {
    return this.#busiestBytes
  }

  sends(bytes: number, nowUs: number): void {
    if (nowUs - this.#hourUs >= HOUR_US) {
      this.#busiestBytes = Math.max(this.#busiestBytes * FADE, this.#hourBytes)
      this.#hours += 1
      this.#hourBytes = 0
      this.#hourUs = nowUs
    }
    this.lastUs = Math.max(this.lastUs, nowUs)
    this.#hourBytes += bytes
  }
}
