/** The one among many that may have done the most (Boyer–Moore majority vote), in constant memory. */
export class Majority {
  /** What the leader is called; '' while there is none, or it was counted once. */
  name = ''
  #hash = 0
  #lead = 0
  #count = 0

  /** Counts one that has its name already. */
  addNamed(hash: number, name: string): void {
    this.add(hash, name, itself)
  }

  /**
   * Counts one, who is named when met again: in a flood of forged senders the lead changes all the time.
   *
   * `nameOf` names what was seen; a function made for each packet would cost more than the counting.
   */
  add<Seen>(hash: number, seen: Seen, nameOf: (seen: Seen) => string): void {
    if (hash === this.#hash && this.#count > 0) {
      if (this.name === '') this.name = nameOf(seen)
      this.#lead += 1
      this.#count += 1
    } else if (this.#lead === 0) {
      this.name = ''
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

const itself = (name: string): string => name
