/**
 * Who has to go when the table is full: three lists threaded through the records, cheapest loss first.
 *
 * A spoofed flood opens flows that never get past the first two lists, so it can only push out its own
 * kind: to reach the third a sender must have seen our answer.
 */
import { NO_RECORD, type FlowRecords } from './flow-records.ts'
import { State, WORD_SHIFT, Word } from './record-layout.ts'

/** The lists in the order in which they give up flows. */
export const EvictionList = {
  /** One packet, no answer. */
  FRESH: 0,
  /** Unanswered, half open, or closed. */
  UNCONFIRMED: 1,
  /** Both sides are really there. */
  CONFIRMED: 2,
} as const

const LISTS = 3
/** How many touched flows are spared in a row before one goes all the same. */
const MOST_SPARED = 32

export class EvictionLists {
  readonly #records: FlowRecords
  readonly #heads = new Int32Array(LISTS)
  readonly #tails = new Int32Array(LISTS)
  #fresh = 0

  constructor(records: FlowRecords) {
    this.#records = records
  }

  /** How many are on the list of those with one packet and no answer. */
  get fresh(): number {
    return this.#fresh
  }

  /** Appends a record to a list. */
  append(record: number, list: number): void {
    if (list === EvictionList.FRESH) this.#fresh += 1
    const words = this.#records.words
    const at = record << WORD_SHIFT
    const tail = this.#tails[list]!
    const kept = words[at + Word.STATE]! & ~(State.LIST_MASK << State.LIST_SHIFT)
    words[at + Word.STATE] = kept | (list << State.LIST_SHIFT)
    words[at + Word.LIST_PREVIOUS] = tail
    words[at + Word.LIST_NEXT] = NO_RECORD
    if (tail === NO_RECORD) this.#heads[list] = record
    else words[(tail << WORD_SHIFT) + Word.LIST_NEXT] = record
    this.#tails[list] = record
  }

  /** Takes a record off its list. */
  remove(record: number): void {
    const words = this.#records.words
    const at = record << WORD_SHIFT
    const list = (words[at + Word.STATE]! >>> State.LIST_SHIFT) & State.LIST_MASK
    if (list === EvictionList.FRESH) this.#fresh -= 1
    const previous = words[at + Word.LIST_PREVIOUS]!
    const next = words[at + Word.LIST_NEXT]!
    if (previous === NO_RECORD) this.#heads[list] = next
    else words[(previous << WORD_SHIFT) + Word.LIST_NEXT] = next
    if (next === NO_RECORD) this.#tails[list] = previous
    else words[(next << WORD_SHIFT) + Word.LIST_PREVIOUS] = previous
  }

  /** Moves a record to another list, at its end. */
  move(record: number, list: number): void {
    this.remove(record)
    this.append(record, list)
  }

  /** Returns any record of the cheapest list that has one; `NO_RECORD` when all are empty. */
  first(): number {
    for (let list = 0; list < LISTS; list += 1) {
      if (this.#heads[list] !== NO_RECORD) return this.#heads[list]!
    }
    return NO_RECORD
  }

  /**
   * Returns the flow to lose next, still on its list; `NO_RECORD` when there is none.
   *
   * Within a list the oldest goes, but one touched since it was last considered gets a second chance.
   */
  victim(): number {
    const words = this.#records.words
    for (let list = 0; list < LISTS; list += 1) {
      let record = this.#heads[list]!
      if (record === NO_RECORD) continue
      for (let spared = 0; spared < MOST_SPARED; spared += 1) {
        const state = (record << WORD_SHIFT) + Word.STATE
        if ((words[state]! & State.REFERENCED) === 0) break
        words[state] = words[state]! & ~State.REFERENCED
        this.move(record, list)
        record = this.#heads[list]!
      }
      return record
    }
    return NO_RECORD
  }
}
