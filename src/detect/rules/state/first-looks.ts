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

/** Fixed size: 57 bytes a place. Every call is O(1) and allocates nothing, `take` apart. */
export class FirstLooks {
  readonly #setMask: number
  readonly #forgetAfterUs: number
  readonly #ones: Float64Array
  readonly #others: Float64Array
  readonly #items: Float64Array
  readonly #counts: Uint8Array
  readonly #firsts: Float64Array
  readonly #lasts: Float64Array
  #forgotten = 0

  /** `places` is rounded up to a power of two. */
  constructor(places: number, forgetAfterUs: number) {
    const sets = 2 ** Math.ceil(Math.log2(Math.max(1, places / WAYS)))
    this.#setMask = sets - 1
    this.#forgetAfterUs = forgetAfterUs
    this.#ones = new Float64Array(sets * WAYS)
    this.#others = new Float64Array(sets * WAYS)
    this.#items = new Float64Array(sets * WAYS * ENOUGH_ITEMS)
    this.#counts = new Uint8Array(sets * WAYS)
    this.#firsts = new Float64Array(sets * WAYS)
    this.#lasts = new Float64Array(sets * WAYS)
  }

  /** Pairs with more than one item that had to make room. */
  get forgotten(): number {
    return this.#forgotten
  }

  /** Notes the item; returns the pair's place when it has just shown enough of them, else -1. */
  note(one: number, other: number, item: number, nowUs: number): number {
    let place = this.#find(one, other)
    if (place < 0 || nowUs - this.#lasts[place]! > this.#forgetAfterUs) {
      if (place < 0) place = this.#makeRoom(one, other, nowUs)
      this.#ones[place] = one
      this.#others[place] = other
      this.#counts[place] = 0
      this.#firsts[place] = nowUs
    }
    this.#lasts[place] = nowUs
    const count = this.#counts[place]!
    const base = place * ENOUGH_ITEMS
    for (let index = 0; index < count; index += 1) {
      if (this.#items[base + index] === item) return -1
    }
    this.#items[base + count] = item
    this.#counts[place] = count + 1
    return count + 1 >= ENOUGH_ITEMS ? place : -1
  }

  /** Strikes an item that turned out to be innocent. */
  withdraw(one: number, other: number, item: number): void {
    const place = this.#find(one, other)
    if (place < 0) return
    const base = place * ENOUGH_ITEMS
    const last = this.#counts[place]! - 1
    for (let index = 0; index <= last; index += 1) {
      if (this.#items[base + index] !== item) continue
      this.#items[base + index] = this.#items[base + last]!
      this.#counts[place] = last
      return
    }
  }

  /** Frees a place that `note` returned and hands out what it held. */
  take(place: number): FirstLook {
    const base = place * ENOUGH_ITEMS
    const items = [...this.#items.subarray(base, base + this.#counts[place]!)]
    this.#counts[place] = 0
    this.#lasts[place] = 0
    return { items, firstUs: this.#firsts[place]! }
  }

  #find(one: number, other: number): number {
    const base = (pairHash(one, other) & this.#setMask) * WAYS
    for (let place = base; place < base + WAYS; place += 1) {
      if (this.#counts[place]! === 0) continue
      if (this.#ones[place] === one && this.#others[place] === other) return place
    }
    return -1
  }

  #makeRoom(one: number, other: number, nowUs: number): number {
    const base = (pairHash(one, other) & this.#setMask) * WAYS
    let worst = base
    for (let place = base; place < base + WAYS; place += 1) {
      if (this.#counts[place]! === 0 || nowUs - this.#lasts[place]! > this.#forgetAfterUs)
        return place
      const fewer = this.#counts[place]! - this.#counts[worst]!
      if (fewer < 0 || (fewer === 0 && this.#lasts[place]! < this.#lasts[worst]!)) worst = place
    }
    if (this.#counts[worst]! > 1) this.#forgotten += 1
    return worst
  }
}
