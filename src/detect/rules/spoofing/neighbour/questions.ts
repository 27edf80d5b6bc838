/** Questions still fresh: who asked for which address in the last few seconds, to tell answers nobody asked for. */
import { pairKey } from '../../state/pair-key.ts'

const PLACES = 8192
/** Answers come within milliseconds; a busy one may take its time, and a sleeping phone a second. */
const FRESH_US = 3e6

/** Fixed size: 128 KB. A flood of questions overwrites, and while it does nothing counts as unasked. */
export class Questions {
  readonly #keys = new Float64Array(PLACES)
  readonly #askedUs = new Float64Array(PLACES).fill(-Infinity)
  #overwrittenUs = -Infinity
  #firstUs = Number.NaN

  ask(asker: number, address: number, nowUs: number): void {
    const key = pairKey(asker, address, 0)
    const place = key % PLACES
    const age = nowUs - this.#askedUs[place]!
    if (this.#keys[place] !== key && age >= 0 && age <= FRESH_US) this.#overwrittenUs = nowUs
    this.#keys[place] = key
    this.#askedUs[place] = nowUs
  }

  /** Lets the first sight of the link be known: what was asked before it is not. */
  begin(nowUs: number): void {
    if (Number.isNaN(this.#firstUs)) this.#firstUs = nowUs
  }

  /** Says whether it is certain that the asker has not asked for the address. */
  isUnasked(asker: number, address: number, nowUs: number): boolean {
    const key = pairKey(asker, address, 0)
    const place = key % PLACES
    if (this.#keys[place] === key && Math.abs(nowUs - this.#askedUs[place]!) <= FRESH_US)
      return false
    return nowUs - this.#overwrittenUs > FRESH_US && nowUs - this.#firstUs > 2e6
  }
}
