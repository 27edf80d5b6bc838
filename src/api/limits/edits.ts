/** Edits of one thing wait for each other: what `If-Match` was held against is still so when the edit is made. */
export class Edits {
  readonly #last = new Map<string, Promise<unknown>>()

  /** Makes the edit when those of the same thing that were asked for before are done, or have failed. */
  async inTurn<Result>(thing: string, edit: () => Promise<Result>): Promise<Result> {
    const mine = (this.#last.get(thing) ?? Promise.resolve()).then(edit)
    const settled = mine.catch(() => undefined)
    this.#last.set(thing, settled)
    try {
      return await mine
    } finally {
      if (this.#last.get(thing) === settled) this.#last.delete(thing)
    }
  }
}
