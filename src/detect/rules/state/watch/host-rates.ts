/**
 * Finds the few hosts that get much a second among the many that get little: a fixed table, one place a
 * bucket, a host keeping its place within the second.
 *
 * Cost: a few array reads a sign, nothing allocated, whatever is thrown at it.
 */
const PLACES = 16384

export class HostRates {
  readonly #hashes = new Int32Array(PLACES)
  readonly #seconds = new Float64Array(PLACES)
  readonly #counts = new Uint32Array(PLACES)

  /** Counts a sign of the host; returns how many it has had within this second and the one before. */
  count(hostHash: number, nowUs: number): number {
    const place = hostHash & (PLACES - 1)
    const second = Math.floor(nowUs / 1e6)
    if (this.#hashes[place] === hostHash && second - this.#seconds[place]! <= 1) {
      this.#counts[place]! += 1
      return this.#counts[place]!
    }
    this.#hashes[place] = hostHash
    this.#seconds[place] = second
    this.#counts[place] = 1
    return 1
  }
}
