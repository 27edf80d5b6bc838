/** Remembers by one bit each who was met of late: made-up sources are met once, whoever is really there again. */

const BITS = 1 << 20
/** Beyond this share of bits a newcomer is too often taken for somebody met; all begins anew. */
const FULLEST_SHARE = 1 / 4

/** Memory: 128 KB, taken when the first source is met. Cost: one bit looked at; no allocation after that. */
export class MetSources {
  #bits: Int32Array | null = null
  #met = 0

  /** Says whether a source was not met before, as far as is remembered; from now on it was. `hash`: 32 bits, seeded. */
  isNew(hash: number): boolean {
    const bits = (this.#bits ??= new Int32Array(BITS / 32))
    const place = (hash >>> 5) & (BITS / 32 - 1)
    const bit = 1 << (hash & 31)
    if ((bits[place]! & bit) !== 0) return false
    if (this.#met >= BITS * FULLEST_SHARE) {
      bits.fill(0)
      this.#met = 0
    }
    bits[place]! |= bit
    this.#met += 1
    return true
  }
}
