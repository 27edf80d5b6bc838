/** Counts distinct values: exactly while few, by HyperLogLog in 1 KB once they are many. */

const EXACT_LIMIT = 512
const REGISTERS = 1024
/** Bias correction for 1024 registers (Flajolet et al. 2007). */
const ALPHA = 0.7213 / (1 + 1.079 / REGISTERS)

/** Values are 32-bit hashes; the estimate's standard error is about 3 % beyond 512. */
export class DistinctCount {
  #exact: Set<number> | null = new Set()
  #registers: Uint8Array | null = null

  add(hash: number): void {
    if (this.#exact !== null) {
      this.#exact.add(hash)
      if (this.#exact.size > EXACT_LIMIT) this.#condense(this.#exact)
      return
    }
    this.#register(hash)
  }

  get value(): number {
    if (this.#exact !== null) return this.#exact.size
    let sum = 0
    let zeros = 0
    for (const register of this.#registers!) {
      sum += 2 ** -register
      if (register === 0) zeros += 1
    }
    const estimate = (ALPHA * REGISTERS * REGISTERS) / sum
    const isSmall = estimate <= 2.5 * REGISTERS && zeros > 0
    return Math.round(isSmall ? REGISTERS * Math.log(REGISTERS / zeros) : estimate)
  }

  #condense(values: Set<number>): void {
    this.#registers = new Uint8Array(REGISTERS)
    for (const value of values) this.#register(value)
    this.#exact = null
  }

  #register(hash: number): void {
    const index = hash & (REGISTERS - 1)
    // The register index takes ten bits; the rank is counted in the other twenty-two.
    const rank = Math.min(23, Math.clz32((hash >>> 10) << 10) + 1)
    if (rank > this.#registers![index]!) this.#registers![index] = rank
  }
}
