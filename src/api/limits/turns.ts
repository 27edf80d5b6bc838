/** How many requests are worked on at once: more would only make each slower. */
import { ApiProblem } from '../problem.ts'

export class Turns {
  readonly #limit: number
  readonly #what: string
  #taken = 0

  /** `what` names in the problem what there are too many of. */
  constructor(limit: number, what: string) {
    this.#limit = limit
    this.#what = what
  }

  /** Takes a turn and gives the function that ends it, once. Errors: `too-busy`. */
  take(): () => void {
    if (this.#taken >= this.#limit) {
      const detail = `${this.#limit} ${this.#what} at once are the limit`
      throw new ApiProblem('too-busy', { detail, hint: 'ask again' }, { 'retry-after': '1' })
    }
    this.#taken += 1
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      this.#taken -= 1
    }
  }
}
