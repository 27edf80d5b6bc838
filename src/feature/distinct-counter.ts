/** Small sketches that count distinct keys, many of them side by side in one typed array. */

const BITS = 256
const WORDS = BITS / 32

/**
 * Estimates by number of bits set: -m ln(1 - ones/m), the full sketch taken as one bit short of full.
 * Source: Whang et al. 1990, linear counting.
 */
const ESTIMATES = Float64Array.from({ length: BITS + 1 }, (_, ones) =>
  ones < 2 ? ones : -BITS * Math.log(1 - Math.min(ones, BITS - 1) / BITS),
)

/** Estimates the number of distinct keys from the number of bits they set. */
export function distinctEstimate(ones: number): number {
  return ESTIMATES[ones]!
}

/**
 * A row of linear-counting sketches of 256 bits.
 *
 * Cost: 32 bytes each; adding is one load and store; the caller keeps the count of bits set. Within about
 * 5 % up to 250 keys, 10 % up to 700; it reads 1,420 for "that many or more".
 */
export class DistinctCounters {
  readonly #words: Int32Array

  constructor(count: number) {
    this.#words = new Int32Array(count * WORDS)
  }

  /** Adds a hashed key (any 32-bit integer) to the sketch; 1 when that set a new bit, else 0. */
  add(index: number, hash: number): number {
    const bit = hash & (BITS - 1)
    const word = index * WORDS + (bit >>> 5)
    const mask = 1 << (bit & 31)
    const before = this.#words[word]!
    if ((before & mask) !== 0) return 0
    this.#words[word] = before | mask
    return 1
  }

  clear(index: number): void {
    const from = index * WORDS
    for (let word = from; word < from + WORDS; word += 1) this.#words[word] = 0
  }
}

/**
 * Hashes an address key (up to 2^53) or a port with a seed to 32 well-mixed bits.
 *
 * The seed keeps an attacker from choosing ports or addresses that share a bit or a bucket.
 * Source: the finaliser of MurmurHash3.
 */
export function hashKey(key: number, seed: number): number {
  let hash = (key | 0) ^ seed
  hash = Math.imul(hash ^ ((key / 4294967296) | 0), 0x9e3779b1)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
