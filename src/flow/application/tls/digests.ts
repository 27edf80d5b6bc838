/** Digests of texts that come again and again, since most hellos are of the same few programs. */
import { hash } from 'node:crypto'

const MOST_KEPT = 512
/** Longer ones are no program's; memory is bounded by both. */
const LONGEST_KEPT = 1024

/** Hashes texts by one algorithm; remembers some of them. */
export class Digests {
  readonly #algorithm: 'md5' | 'sha256'
  readonly #known = new Map<string, string>()

  constructor(algorithm: 'md5' | 'sha256') {
    this.#algorithm = algorithm
  }

  /** Returns the digest in hexadecimal. */
  of(text: string): string {
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const digest = hash(this.#algorithm, text)
    if (text.length > LONGEST_KEPT) return digest
    // Whoever sends ever new hellos costs what hashing them costs, and no more.
    if (this.#known.size >= MOST_KEPT) this.#known.clear()
    this.#known.set(text, digest)
    return digest
  }
}
