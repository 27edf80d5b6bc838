/** What the guards must know, read ahead for an order that is about to come. */
import type { GuardFacts } from './refusal.ts'

/** For so long what was read for an order to come serves the orders that come. */
const PREPARED_FOR_MS = 1000

export class PreparedFacts {
  readonly #read: () => Promise<GuardFacts>
  #prepared: { readonly facts: Promise<GuardFacts>; readonly atMs: number } | null = null

  constructor(read: () => Promise<GuardFacts>) {
    this.#read = read
  }

  /** Reads them as they are now. Errors: those of reading. */
  readNow(): Promise<GuardFacts> {
    return this.#read()
  }

  /** Gives those read ahead within the last second, else reads them now. Errors: those of reading. */
  readSoon(): Promise<GuardFacts> {
    return this.#fresh() ?? this.#read()
  }

  /** Reads ahead. */
  prepare(): void {
    if (this.#fresh() !== null) return
    const facts = this.#read()
    // Who orders is told; nobody else waits for it.
    facts.catch(() => undefined)
    this.#prepared = { facts, atMs: performance.now() }
  }

  #fresh(): Promise<GuardFacts> | null {
    const { facts, atMs } = this.#prepared ?? { facts: null, atMs: 0 }
    return performance.now() - atMs <= PREPARED_FOR_MS ? facts : null
  }
}
