/** What the guards need to know, read ahead of the orders that are about to come. */
import type { GuardFacts } from './refusal.ts'

/** For so long what was read for an order to come serves the orders that come. */
const PREPARED_FOR_MS = 1000

export class PreparedFacts {
  readonly #read: () => Promise<GuardFacts>
  #prepared: { readonly facts: Promise<GuardFacts>; readonly atMs: number } | null = null

  constructor(read: () => Promise<GuardFacts>) {
    this.#read = read
  }

  /** Reads ahead, where nothing that was read is still good. */
  prepare(): void {
    if (this.#fresh() !== null) return
    const facts = this.#read()
    // Who orders is told; nobody else waits for it.
    facts.catch(() => undefined)
    this.#prepared = { facts, atMs: performance.now() }
  }

  /** Gives what was read ahead, where that may serve and is still good; else reads. */
  facts({ mayBePrepared }: { readonly mayBePrepared: boolean }): Promise<GuardFacts> {
    return (mayBePrepared ? this.#fresh() : null) ?? this.#read()
  }

  #fresh(): Promise<GuardFacts> | null {
    const { facts, atMs } = this.#prepared ?? { facts: null, atMs: 0 }
    return performance.now() - atMs <= PREPARED_FOR_MS ? facts : null
  }
}
