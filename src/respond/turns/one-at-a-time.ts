/** Runs changes one after the other, in the order in which they were asked for. */
export class OneAtATime {
  #last: Promise<unknown> = Promise.resolve()
  #asked = 0
  #done = 0

  /** How many were ever asked for. */
  get asked(): number {
    return this.#asked
  }

  /** Whether none is under way or waiting. */
  get isIdle(): boolean {
    return this.#asked === this.#done
  }

  /** Runs the change when those before it are done; one that fails holds nobody up. */
  async run<Result>(change: () => Promise<Result>): Promise<Result> {
    this.#asked += 1
    const result = this.#last.then(change)
    this.#last = result.catch(() => undefined)
    try {
      return await result
    } finally {
      this.#done += 1
    }
  }

  /** Resolves when all that were asked for until now are done. */
  async settled(): Promise<void> {
    await this.#last
  }
}
