/** Counts of the last ten seconds, a few side by side, second by second. */
const SECONDS = 10

export class SlidingCounts {
  readonly #fields: number
  readonly #seconds = new Float64Array(SECONDS).fill(-1)
  readonly #firstUs = new Float64Array(SECONDS)
  readonly #counts: Float64Array

  /** Numbers its counts from 0 up to, and without, `fields`. */
  constructor(fields: number) {
    this.#fields = fields
    this.#counts = new Float64Array(SECONDS * fields)
  }

  /** Adds to the second in which `nowUs` lies; what is ten seconds late already is left out. */
  add(field: number, amount: number, nowUs: number): void {
    const second = Math.floor(nowUs / 1e6)
    const row = second % SECONDS
    if (this.#seconds[row] !== second) {
      if (this.#isAhead(row, second)) return
      this.#seconds[row] = second
      this.#firstUs[row] = nowUs
      this.#counts.fill(0, row * this.#fields, (row + 1) * this.#fields)
    }
    this.#counts[row * this.#fields + field]! += amount
  }

  sum(field: number, nowUs: number): number {
    return this.#fold(field, nowUs, (sum, count) => sum + count)
  }

  /** The most of one second. */
  peak(field: number, nowUs: number): number {
    return this.#fold(field, nowUs, Math.max)
  }

  /** When the first that is still counted came; `nowUs` where there is nothing. */
  startUs(nowUs: number): number {
    const since = Math.floor(nowUs / 1e6) - SECONDS
    const firsts = this.#firstUs.filter((_, row) => this.#seconds[row]! > since)
    return Math.min(nowUs, ...firsts)
  }

  /** A clock that jumped back by more than the window, as in captures glued together, begins anew. */
  #isAhead(row: number, second: number): boolean {
    const ahead = this.#seconds[row]! - second
    return ahead > 0 && ahead <= SECONDS
  }

  #fold(field: number, nowUs: number, fold: (one: number, other: number) => number): number {
    const since = Math.floor(nowUs / 1e6) - SECONDS
    let result = 0
    for (let row = 0; row < SECONDS; row += 1) {
      if (this.#seconds[row]! <= since) continue
      result = fold(result, this.#counts[row * this.#fields + field]!)
    }
    return result
  }
}
