/** The readers of all flows that show an application; a flow's record holds its reader's place. */
import type { FactReader } from './reader.ts'

/** Stands for "no reader" in a flow's record. */
export const NO_READER = 0
const MOST_READERS = 131_072

/**
 * Holds up to `capacity` readers.
 *
 * Flows whose originator may be forged (nobody saw it go on after an answer) get at most half of the
 * places: a spoofed flood of queries then cannot take the facts of real conversations away.
 */
export class FactStore {
  readonly #capacity: number
  readonly #readers: (FactReader | null)[] = [null]
  readonly #free: number[] = []
  readonly #isDoubtful: boolean[] = [false]
  #held = 0
  #doubtful = 0
  #refused = 0

  constructor(capacity = MOST_READERS) {
    this.#capacity = capacity
  }

  /** Flows that have a reader now. */
  get held(): number {
    return this.#held
  }

  /** Flows whose facts were not read because the store was full. */
  get refused(): number {
    return this.#refused
  }

  /** Says whether there is room for one more; a refusal is counted. */
  hasRoom(isDoubtful: boolean): boolean {
    const isFull = this.#held >= this.#capacity
    if (!isFull && !(isDoubtful && this.#doubtful >= this.#capacity / 2)) return true
    this.#refused += 1
    return false
  }

  /** Files a reader and returns its place; ask `hasRoom` first. */
  add(reader: FactReader, isDoubtful: boolean): number {
    const place = this.#free.pop() ?? this.#readers.length
    this.#readers[place] = reader
    this.#isDoubtful[place] = isDoubtful
    this.#held += 1
    if (isDoubtful) this.#doubtful += 1
    return place
  }

  at(place: number): FactReader | null {
    return this.#readers[place] ?? null
  }

  /** Forgets the reader of a flow that ended. */
  remove(place: number): void {
    const reader = this.#readers[place]
    if (reader === null || reader === undefined) return
    reader.release()
    this.#readers[place] = null
    this.#free.push(place)
    this.#held -= 1
    if (this.#isDoubtful[place] === true) this.#doubtful -= 1
  }
}
