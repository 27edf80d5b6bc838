/** A table of stories and suspects that never outgrows its cap: who has been idle longest goes first. */

/** What a row must say of itself: the packet time of its last sign of life, in µs. */
export interface Row {
  lastUs: number
}

/** How many rows an eviction looks at before it takes the one at hand. */
const SECOND_CHANCES = 8

/** Places of the filter; a power of two. */
const FILTER_PLACES = 8192

/**
 * Rows by integer key, at most `cap` of them.
 *
 * Cost: O(1). Eviction is by second chance: a row that was touched since it was filed is filed anew, so the
 * victim is (nearly) the row idle longest and a touch costs nothing but setting `lastUs`.
 */
export class CappedTable<Value extends Row> {
  readonly #cap: number
  readonly #onEvicted: (row: Value) => void
  readonly #rows = new Map<number, { readonly row: Value; filedUs: number }>()
  /**
   * How many rows fall on each place: nearly all keys asked for, packet by packet, are of no row, and a
   * look here tells so at a tenth of the Map's cost.
   */
  readonly #filter = new Uint32Array(FILTER_PLACES)
  #forgotten = 0
  /** No row was alive before this: until then there is nothing to expire, and nothing to look through. */
  #oldestUs = Number.POSITIVE_INFINITY

  constructor(cap: number, onEvicted: (row: Value) => void = () => undefined) {
    this.#cap = cap
    this.#onEvicted = onEvicted
  }

  get size(): number {
    return this.#rows.size
  }

  /** Rows given up because the table was full. */
  get forgotten(): number {
    return this.#forgotten
  }

  get(key: number): Value | undefined {
    return this.#filter[placeOf(key)] === 0 ? undefined : this.#rows.get(key)?.row
  }

  set(key: number, row: Value): void {
    if (!this.#rows.has(key)) {
      if (this.#rows.size >= this.#cap) this.#evict()
      this.#filter[placeOf(key)]! += 1
    }
    this.#rows.set(key, { row, filedUs: row.lastUs })
    if (row.lastUs < this.#oldestUs) this.#oldestUs = row.lastUs
  }

  delete(key: number): void {
    if (this.#rows.delete(key)) this.#filter[placeOf(key)]! -= 1
  }

  /** Every row; of an empty table, as most are at most times, nothing is made. */
  values(): Iterable<Value> {
    return this.#rows.size === 0 ? [] : this.#walk()
  }

  *#walk(): Generator<Value> {
    for (const { row } of this.#rows.values()) yield row
  }

  /**
   * Removes every row without a sign of life since `beforeUs`, and gives each to `onExpired`; a row whose
   * `lastUs` went back may stay that much longer.
   */
  expire(beforeUs: number, onExpired: (row: Value) => void = () => undefined): void {
    if (beforeUs <= this.#oldestUs) return
    let oldestUs = Number.POSITIVE_INFINITY
    // What `onExpired` files anew is noted by `set`.
    this.#oldestUs = oldestUs
    for (const [key, { row }] of this.#rows) {
      if (row.lastUs >= beforeUs) {
        if (row.lastUs < oldestUs) oldestUs = row.lastUs
        continue
      }
      this.delete(key)
      onExpired(row)
    }
    this.#oldestUs = Math.min(this.#oldestUs, oldestUs)
  }

  #evict(): void {
    let chances = SECOND_CHANCES
    for (const [key, entry] of this.#rows) {
      this.#rows.delete(key)
      if (entry.row.lastUs > entry.filedUs && chances > 0) {
        chances -= 1
        entry.filedUs = entry.row.lastUs
        this.#rows.set(key, entry)
        continue
      }
      this.#filter[placeOf(key)]! -= 1
      this.#forgotten += 1
      this.#onEvicted(entry.row)
      return
    }
  }
}

/** Keys are hashes, or addresses whose last bits differ most. */
const placeOf = (key: number): number => (key ^ (key / 65536)) & (FILTER_PLACES - 1)
