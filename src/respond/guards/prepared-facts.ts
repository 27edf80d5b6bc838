/** What the guards must know of the host, read once for the orders that come together. */
import type { GuardFacts } from './refusal.ts'

/** For so long what was read for an order to come serves the orders that come. */
const PREPARED_FOR_MS = 1000
/** For so long a reading serves others: orders that come by the hundred would keep the agent at nothing but reading. */
const SHARED_FOR_MS = 100

interface Reading {
  readonly facts: Promise<GuardFacts>
  /** When it began: what it says was true then or later. */
  readonly atMs: number
}

/**
 * Addresses, routes, leases, name servers and logins, none of which a tenth of a second decides.
 *
 * Cost: the titles of all processes are among them, some ms of the agent's own thread on a busy host.
 */
export class PreparedFacts {
  readonly #read: () => Promise<GuardFacts>
  #last: Reading | null = null
  #isReading = false
  /** Begins when the one under way ends, for those to whom that is too old. */
  #next: Promise<GuardFacts> | null = null

  constructor(read: () => Promise<GuardFacts>) {
    this.#read = read
  }

  /** Gives them as they were a moment ago at most. Errors: those of reading. */
  readNow(): Promise<GuardFacts> {
    return this.#notOlderThan(SHARED_FOR_MS) ?? this.#readAnew()
  }

  /** Gives those read ahead within the last second, else reads them now. Errors: those of reading. */
  readSoon(): Promise<GuardFacts> {
    return this.#notOlderThan(PREPARED_FOR_MS) ?? this.#readAnew()
  }

  /** Reads ahead. */
  prepare(): void {
    // Who orders is told; nobody else waits for it.
    this.readSoon().catch(() => undefined)
  }

  #notOlderThan(ms: number): Promise<GuardFacts> | null {
    const { facts, atMs } = this.#last ?? { facts: null, atMs: 0 }
    return performance.now() - atMs <= ms ? facts : null
  }

  #readAnew(): Promise<GuardFacts> {
    if (!this.#isReading) return this.#begin()
    const begin = (): Promise<GuardFacts> => this.#begin()
    this.#next ??= this.#last!.facts.then(begin, begin)
    return this.#next
  }

  #begin(): Promise<GuardFacts> {
    this.#next = null
    this.#isReading = true
    const atMs = performance.now()
    const facts = this.#read()
      .catch((error: unknown) => {
        // A failure serves nobody else.
        this.#last = null
        throw error
      })
      .finally(() => (this.#isReading = false))
    this.#last = { facts, atMs }
    return facts
  }
}
