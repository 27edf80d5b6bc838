/**
 * The waiting room of the scan and sweep detectors: a fixed table in which a pair must show a few distinct
 * items before anything is allocated for it.
 *
 * A spoofed flood of millions of sources passes through here without growing anything: in a full set the
 * pair with the fewest items goes first, so a slow scanner with three ports outlives the flood.
 */
import { pairHash } from './pair-key.ts'

/** Distinct items with which a pair leaves the waiting room. */
export const ENOUGH_ITEMS = 4

const WAYS = 4

/** What a pair had shown when it left. */
export interface FirstLook {
  readonly items: readonly number[]
  readonly firstUs: number
}

/** One pair's row: its two keys, when it came, and its items; 64 bytes, a cache line. */
const ROW = 8
const OTHER = 1
const FIRST_US = 2
const ITEMS = 3

/** Fixed size: 77 bytes a place. Every call is O(1) and allocates nothing, `take` apart. */
export class FirstLooks {
  readonly #setMask: number
  readonly #forgetAfterUs: number
  readonly #rows: Float64Array
  /** Hash of the pair at each place, so that a miss costs one look at memory for the whole set. */
  readonly #hashes: Int32Array
  readonly #counts: Uint8Array
  readonly #lasts: Float64Array
  #forgotten = 0

  /** `places` is rounded up to a power of two. */
  constructor(places: number, forgetAfterUs: number) {
    const sets = 2 ** Math.ceil(Math.log2(Math.max(1, places / WAYS)))
    this.#setMask = sets - 1
    this.#forgetAfterUs = forgetAfterUs
    this.#rows = new Float64Array(sets * WAYS * ROW)
    this.#hashes = new Int32Array(sets * WAYS)
    this.#counts = new Uint8Array(sets * WAYS)
    this.#lasts = new Float64Array(sets * WAYS)
  }

  /** Pairs with more than one item that had to make room. */
  get forgotten(): number {
    return this.#forgotten
  }

  /** Notes the item; returns the pair's place when it has just shown enough of them, else -1. */
  note(one: number, other: number, item: number, nowUs: number): number {
    const hash = pairHash(one, other)
    let place = this.#find(hash, one, other)
    if (place < 0 || nowUs - this.#lasts[place]! > this.#forgetAfterUs) {
      if (place < 0) place = this.#makeRoom(hash, nowUs)
      this.#rows[place * ROW] = one
      this.#rows[place * ROW + OTHER] = other
      this.#rows[place * ROW + FIRST_US] = nowUs
      this.#hashes[place] = hash
      this.#counts[place] = 0
    }
    this.#lasts[place] = nowUs
    const count = this.#counts[place]!
    const items = place * ROW + ITEMS
    for (let index = 0; index < count; index += 1) {
      if (this.#rows[items + index] === item) return -1
    }
    this.#rows[items + count] = item
    this.#counts[place] = count + 1
    return count + 1 >= ENOUGH_ITEMS ? place : -1
  }

  /** Strikes an item that turned out to be innocent. */
  withdraw(one: number, other: number, item: number): void {
    const place = this.#find(pairHash(one, other), one, other)
    if (place < 0) return
    const items = place * ROW + ITEMS
    const last = this.#counts[place]! - 1
    for (let index = 0; index <= last; index += 1) {
      if (this.#rows[items + index] !== item) continue
      this.#rows[items + index] = this.#rows[items + last]!
      this.#counts[place] = last
      return
    }
  }

  /** Frees a place that `note` returned and hands out what it held. */
  take(place: number): FirstLook {
    const items = place * ROW + ITEMS
    const look = [...this.#rows.subarray(items, items + this.#counts[place]!)]
    this.#counts[place] = 0
    this.#lasts[place] = 0
    return { items: look, firstUs: this.#rows[place * ROW + FIRST_US]! }
  }

  #find(hash: number, one: number, other: number): number {
    const base = (hash & this.#setMask) * WAYS
    for (let place = base; place < base + WAYS; place += 1) {
      if (this.#hashes[place] !== hash || this.#counts[place] === 0) continue
      const row = place * ROW
      if (this.#rows[row] === one && this.#rows[row + OTHER] === other) return place
    }
    return -1
  }

  #makeRoom(hash: number, nowUs: number): number {
    const base = (hash & this.#setMask) * WAYS
    let worst = base
    for (let place = base; place < base + WAYS; place += 1) {
      const lastUs = this.#lasts[place]!
      if (this.#counts[place]! === 0 || nowUs - lastUs > this.#forgetAfterUs) return place
      const fewer = this.#counts[place]! - this.#counts[worst]!
      if (fewer < 0 || (fewer === 0 && lastUs < this.#lasts[worst]!)) worst = place
    }
    if (this.#counts[worst]! > 1) this.#forgotten += 1
    return worst
  }
}
