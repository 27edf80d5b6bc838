/** When hosts last did a certain thing: a fixed table, a newer host taking the place of an older one. */
const PLACES = 4096

/** Memory: 12 bytes a place. Cost: two array reads; nothing allocated. What was overwritten reads as "never". */
export class LastSigns {
  readonly #hashes: Int32Array
  readonly #lastUs: Float64Array

  /** `places` is a power of two. */
  constructor(places = PLACES) {
    this.#hashes = new Int32Array(places)
    this.#lastUs = new Float64Array(places)
  }

  note(hash: number, nowUs: number): void {
    const place = hash & (this.#hashes.length - 1)
    this.#hashes[place] = hash
    this.#lastUs[place] = nowUs
  }

  /** Says whether the host did it within `withinUs` before `nowUs`. */
  isRecent(hash: number, nowUs: number, withinUs: number): boolean {
    const place = hash & (this.#hashes.length - 1)
    if (this.#hashes[place] !== hash || this.#lastUs[place] === 0) return false
    return Math.abs(nowUs - this.#lastUs[place]!) <= withinUs
  }
}
