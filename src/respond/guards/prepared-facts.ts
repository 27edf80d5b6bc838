/** What the guards must know, read ahead for an order that is about to come. */
import type { GuardFacts } from './refusal.ts'

/** For so long what was read for an order to come serves the orders that come. */
const PREPARED_FOR_MS = 1000

export class PreparedFacts {
  readonly #read: () => Promise<GuardFacts>
  #prepared: { readonly facts: Promise<GuardFacts>; readonly atMs: number } | null = null
  /** The reading that orders wait for, and the one behind it, for those that came after it began. */
  #reading: Promise<GuardFacts> | null = null
  #next: Promise<GuardFacts> | null = null

  constructor(read: () => Promise<GuardFacts>) {
    this.#read = read
  }

  /**
   * Reads them as they are now; orders that come meanwhile share the reading that begins when this one ends.
   *
   * Cost: the titles of all processes are among them, which are some ms of the agent's own thread on a busy host.
   * Errors: those of reading.
   */
  readNow(): Promise<GuardFacts> {
    if (this.#reading === null) return this.#begin()
    const begin = (): Promise<GuardFacts> => this.#begin()
    this.#next ??= this.#reading.then(begin, begin)
    return this.#next
  }

  #begin(): Promise<GuardFacts> {
    this.#next = null
    const reading = this.#read().finally(() => {
      if (this.#reading === reading) this.#reading = null
    })
    this.#reading = reading
    return reading
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
