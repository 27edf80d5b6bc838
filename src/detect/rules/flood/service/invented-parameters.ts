/**
 * Requests whose query begins with a name that no request had before: they pass by every cache, as HULK, GoldenEye
 * and their kin do. A page knows its parameters by name, and only their values are new.
 */
import { textHash } from '../../state/attack-ledger.ts'
import { DistinctCount } from '../../state/tables/distinct-count.ts'

/** A name and its value; what has no value may be a page of a wiki, and digits are a time. */
const NAMED = /\?([^=&]{1,64})=/
const MOSTLY = 0.8

export class InventedParameters {
  #names = new DistinctCount()

  note(uri: string): void {
    const name = NAMED.exec(uri)?.[1]
    if (name !== undefined && /\D/.test(name)) this.#names.add(textHash(name))
  }

  /** Nearly every one of so many requests brought a new name. */
  areMostOf(requests: number): boolean {
    return this.#names.value >= requests * MOSTLY
  }

  restart(): void {
    this.#names = new DistinctCount()
  }
}
