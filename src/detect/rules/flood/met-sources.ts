/** Remembers by two bits each who was met of late: made-up sources are met once, whoever is really there again. */

const WORDS = 1 << 17
/** With more a word a newcomer is too often taken for somebody met; all begins anew. */
const MOST_A_WORD = 4

/** Memory: 512 KB, taken when the first source is met. Cost: one word looked at; no allocation after that. */
export class MetSources {
  #words: Int32Array | null = null
  #met = 0

  /** Says whether a source was not met before, as far as is remembered; from now on it was. `hash`: 32 bits, seeded. */
  isNew(hash: number): boolean {
    const words = (this.#words ??= new Int32Array(WORDS))
    const place = hash >>> 15
    const bits = (1 << (hash & 31)) | (1 << ((hash >>> 5) & 31))
    if ((words[place]! & bits) === bits) return false
    if (this.#met >= WORDS * MOST_A_WORD) {
      words.fill(0)
      this.#met = 0
    }
    words[place]! |= bits
    this.#met += 1
    return true
  }
}
