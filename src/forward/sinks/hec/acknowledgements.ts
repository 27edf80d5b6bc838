/** Which batches Splunk has taken but not yet indexed, in order. */

interface Batch {
  readonly sequence: number
  readonly sentAtMs: number
  /** Those of its requests that are not acknowledged. */
  readonly open: Set<number>
}

/** Memory: the ids of as many requests as `limit` says. */
export class Acknowledgements {
  readonly #limit: number
  #batches: Batch[] = []
  #accepted = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Everything up to it is indexed; 0 for nothing yet. */
  get accepted(): number {
    return this.#accepted
  }

  get isEmpty(): boolean {
    return this.#batches.length === 0
  }

  get isFull(): boolean {
    return this.#batches.length >= this.#limit
  }

  /** When the oldest open batch was sent; Infinity without one. */
  get oldestSentAtMs(): number {
    return this.#batches[0]?.sentAtMs ?? Infinity
  }

  openIds(): number[] {
    return this.#batches.flatMap(({ open }) => [...open])
  }

  /** Notes a batch that ends with `sequence`; without ids it is accepted as soon as those before it are. */
  add(sequence: number, ackIds: readonly number[], sentAtMs: number): void {
    this.#batches.push({ sequence, sentAtMs, open: new Set(ackIds) })
    this.settle(new Set())
  }

  /** Closes what is acknowledged; the accepted sequence moves over batches that are closed without a gap. */
  settle(ids: ReadonlySet<number>): void {
    for (const { open } of this.#batches) for (const id of ids) open.delete(id)
    while (this.#batches[0]?.open.size === 0) {
      // What is no state of the log (a heartbeat) has no number of its own.
      this.#accepted = Math.max(this.#accepted, this.#batches.shift()!.sequence)
    }
  }

  /** Forgets what is open: it will be sent again. */
  forget(): void {
    this.#batches = []
  }
}
