/**
 * The waiting room of the scan and sweep detectors: a fixed table in which a pair must show a few distinct
 * items before anything is allocated for it.
 *
 * A spoofed flood of millions of sources passes through here without growing anything: in a full set the
 * pair with the fewest items goes first, so a slow scanner with three ports outlives the flood.
 */
import { pairHash } from '../pair-key.ts'

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

/**
 * What a set of four pairs must tell on every look, in one cache line: the hash of each pair, how many items
 * it has shown, and when it was last seen.
 */
const SET_WORDS = 16
const COUNT = 4
const SET_DOUBLES = 8
const LAST_US = 4

/** Fixed size: 80 bytes a place. Every call is O(1) and allocates nothing, `take` apart. */
export class FirstLooks {
  readonly #setMask: number
  readonly #forgetAfterUs: number
  readonly #rows: Float64Array
  /** Sets as words, and the same memory as doubles. */
  readonly #words: Int32Array
  readonly #doubles: Float64Array
  #forgotten = 0

  /** `places` is rounded up to a power of two. */
  constructor(places: number, forgetAfterUs: number) {
    const sets = 2 ** Math.ceil(Math.log2(Math.max(1, places / WAYS)))
    this.#setMask = sets - 1
    this.#forgetAfterUs = forgetAfterUs
    this.#rows = new Float64Array(sets * WAYS * ROW)
    const heads = new ArrayBuffer(sets * SET_WORDS * 4)
    this.#words = new Int32Array(heads)
    this.#doubles = new Float64Array(heads)
  }

  /** Pairs with more than one item that had to make room. */
  get forgotten(): number {
    return this.#forgotten
  }

  /** Notes the item; returns the pair's place when it has just shown enough of them, else -1. */
  note(one: number, other: number, item: number, nowUs: number): number {
    const hash = pairHash(one, other)
    let place = this.#find(hash, one, other)
    if (place < 0 || nowUs - this.#doubles[lastAt(place)]! > this.#forgetAfterUs) {
      if (place < 0) place = this.#makeRoom(hash, nowUs)
      this.#rows[place * ROW] = one
      this.#rows[place * ROW + OTHER] = other
      this.#rows[place * ROW + FIRST_US] = nowUs
      this.#words[hashAt(place)] = hash
      this.#words[hashAt(place) + COUNT] = 0
    }
    this.#doubles[lastAt(place)] = nowUs
    const count = this.#words[hashAt(place) + COUNT]!
    const items = place * ROW + ITEMS
    for (let index = 0; index < count; index += 1) {
      if (this.#rows[items + index] === item) return -1
    }
    this.#rows[items + count] = item
    this.#words[hashAt(place) + COUNT] = count + 1
    return count + 1 >= ENOUGH_ITEMS ? place : -1
  }

  /** Strikes an item that turned out to be innocent. */
  withdraw(one: number, other: number, item: number): void {
    const place = this.#find(pairHash(one, other), one, other)
    if (place < 0) return
    const items = place * ROW + ITEMS
    const last = this.#words[hashAt(place) + COUNT]! - 1
    for (let index = 0; index <= last; index += 1) {
      if (this.#rows[items + index] !== item) continue
      this.#rows[items + index] = this.#rows[items + last]!
      this.#words[hashAt(place) + COUNT] = last
      return
    }
  }

  /** Frees a place that `note` returned and hands out what it held. */
  take(place: number): FirstLook {
    const items = place * ROW + ITEMS
    const look = [...this.#rows.subarray(items, items + this.#words[hashAt(place) + COUNT]!)]
    this.#words[hashAt(place) + COUNT] = 0
    this.#doubles[lastAt(place)] = 0
    return { items: look, firstUs: this.#rows[place * ROW + FIRST_US]! }
  }

  #find(hash: number, one: number, other: number): number {
    const set = hash & this.#setMask
    const head = set * SET_WORDS
    for (let way = 0; way < WAYS; way += 1) {
      if (this.#words[head + way] !== hash || this.#words[head + COUNT + way] === 0) continue
      const place = set * WAYS + way
      const row = place * ROW
      if (this.#rows[row] === one && this.#rows[row + OTHER] === other) return place
    }
    return -1
  }

  #makeRoom(hash: number, nowUs: number): number {
    const set = hash & this.#setMask
    const counts = set * SET_WORDS + COUNT
    const lasts = set * SET_DOUBLES + LAST_US
    let worst = 0
    for (let way = 0; way < WAYS; way += 1) {
      const lastUs = this.#doubles[lasts + way]!
      if (this.#words[counts + way] === 0 || nowUs - lastUs > this.#forgetAfterUs) {
        return set * WAYS + way
      }
      const fewer = this.#words[counts + way]! - this.#words[counts + worst]!
      if (fewer < 0 || (fewer === 0 && lastUs < this.#doubles[lasts + worst]!)) worst = way
    }
    if (this.#words[counts + worst]! > 1) this.#forgotten += 1
    return set * WAYS + worst
  }
}

/** Where a place's hash is among the words of the sets. */
const hashAt = (place: number): number => (place >>> 2) * SET_WORDS + (place & 3)

/** Where the time a place was last seen is among the doubles of the sets. */
const lastAt = (place: number): number => (place >>> 2) * SET_DOUBLES + LAST_US + (place & 3)
