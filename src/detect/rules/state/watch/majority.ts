/** The one among many that may have done the most (Boyer–Moore majority vote), in constant memory. */
export class Majority {
  /** What the leader is called; '' while there is none. */
  name = ''
  #hash = 0
  #lead = 0
  #count = 0

  /** Counts one; `nameOf` is asked only when the lead changes hands. */
  add(hash: number, nameOf: () => string): void {
    if (hash === this.#hash && this.name !== '') {
      this.#lead += 1
      this.#count += 1
    } else if (this.#lead === 0) {
      this.name = nameOf()
      this.#hash = hash
      this.#lead = 1
      this.#count = 1
    } else {
      this.#lead -= 1
    }
  }

  /** The leader, where it did at least this share of `total`; else null. */
  holder(total: number, share: number): string | null {
    return this.name !== '' && this.#count >= total * share ? this.name : null
  }

  restart(): void {
    this.name = ''
    this.#lead = 0
    this.#count = 0
  }
}
