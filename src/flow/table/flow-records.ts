/** The records of all live flows: one buffer, a hash index over it, and a free list. */
import type { FlowKey } from './flow-key.ts'
import { DOUBLE_SHIFT, RECORD_BYTES, WORD_SHIFT, Word } from './record-layout.ts'

/** Stands for "no record"; numbering begins at 1, so that a zeroed index is an empty one. */
export const NO_RECORD = 0

/**
 * Holds up to `capacity` flows.
 *
 * Memory: 256 bytes a flow and 4 to 8 for the index, reserved at once; the system hands out pages only
 * as records are first used, so a quiet host pays for its own flows and not for the cap.
 */
export class FlowRecords {
  readonly capacity: number
  readonly words: Int32Array
  readonly doubles: Float64Array
  readonly #heads: Int32Array
  readonly #mask: number
  #free = NO_RECORD
  #used = 0
  #live = 0
  #isReverse = false

  constructor(capacity: number) {
    this.capacity = capacity
    const buffer = new ArrayBuffer((capacity + 1) * RECORD_BYTES)
    this.words = new Int32Array(buffer)
    this.doubles = new Float64Array(buffer)
    const buckets = 2 ** Math.ceil(Math.log2(capacity))
    this.#heads = new Int32Array(buckets)
    this.#mask = buckets - 1
  }

  /** Live flows. */
  get live(): number {
    return this.#live
  }

  /** Records ever in use at the same time, which is what memory was paid for. */
  get highWater(): number {
    return this.#used
  }

  /** Whether the last flow found goes the other way than the key it was asked with. */
  get isReverse(): boolean {
    return this.#isReverse
  }

  /** Finds the flow of a key in either direction; `NO_RECORD` when none is live. */
  find(key: FlowKey): number {
    const words = this.words
    let record = this.#heads[key.hash & this.#mask]!
    while (record !== NO_RECORD) {
      const at = record << WORD_SHIFT
      if (words[at + Word.HASH] === key.hash && words[at + Word.META] === key.meta) {
        if (this.#isForward(at, key)) {
          this.#isReverse = false
          return record
        }
        if (this.#isBackward(at, key)) {
          this.#isReverse = true
          return record
        }
      }
      record = words[at + Word.CHAIN]!
    }
    return NO_RECORD
  }

  /** Takes a cleared record and files it under the key; the caller sees to it that there is room. */
  add(key: FlowKey): number {
    const words = this.words
    let record = this.#free
    if (record === NO_RECORD) {
      this.#used += 1
      record = this.#used
    } else {
      this.#free = words[(record << WORD_SHIFT) + Word.CHAIN]!
    }
    this.#live += 1
    const at = record << WORD_SHIFT
    clearRecord(this.doubles, record << DOUBLE_SHIFT)
    const bucket = key.hash & this.#mask
    words[at + Word.HASH] = key.hash
    words[at + Word.CHAIN] = this.#heads[bucket]!
    this.#heads[bucket] = record
    words[at + Word.META] = key.meta
    words[at + Word.PORTS] = key.ports
    words[at + Word.ORIGINATOR3] = key.source3
    words[at + Word.RESPONDER3] = key.destination3
    if (key.isIpv6) this.#storeUpperWords(at, key)
    return record
  }

  /** Takes the record out of the index and gives it back. */
  remove(record: number): void {
    const words = this.words
    const at = record << WORD_SHIFT
    const bucket = words[at + Word.HASH]! & this.#mask
    const next = words[at + Word.CHAIN]!
    let before = this.#heads[bucket]!
    if (before === record) {
      this.#heads[bucket] = next
    } else {
      while (words[(before << WORD_SHIFT) + Word.CHAIN] !== record) {
        before = words[(before << WORD_SHIFT) + Word.CHAIN]!
      }
      words[(before << WORD_SHIFT) + Word.CHAIN] = next
    }
    words[at + Word.CHAIN] = this.#free
    this.#free = record
    this.#live -= 1
  }

  #isForward(at: number, key: FlowKey): boolean {
    const words = this.words
    return (
      words[at + Word.PORTS] === key.ports &&
      words[at + Word.ORIGINATOR3] === key.source3 &&
      words[at + Word.RESPONDER3] === key.destination3 &&
      (!key.isIpv6 ||
        (words[at + Word.ORIGINATOR0] === key.source0 &&
          words[at + Word.ORIGINATOR1] === key.source1 &&
          words[at + Word.ORIGINATOR2] === key.source2 &&
          words[at + Word.RESPONDER0] === key.destination0 &&
          words[at + Word.RESPONDER1] === key.destination1 &&
          words[at + Word.RESPONDER2] === key.destination2))
    )
  }

  #isBackward(at: number, key: FlowKey): boolean {
    const words = this.words
    return (
      words[at + Word.PORTS] === key.swappedPorts &&
      words[at + Word.ORIGINATOR3] === key.destination3 &&
      words[at + Word.RESPONDER3] === key.source3 &&
      (!key.isIpv6 ||
        (words[at + Word.ORIGINATOR0] === key.destination0 &&
          words[at + Word.ORIGINATOR1] === key.destination1 &&
          words[at + Word.ORIGINATOR2] === key.destination2 &&
          words[at + Word.RESPONDER0] === key.source0 &&
          words[at + Word.RESPONDER1] === key.source1 &&
          words[at + Word.RESPONDER2] === key.source2))
    )
  }

  #storeUpperWords(at: number, key: FlowKey): void {
    const words = this.words
    words[at + Word.ORIGINATOR0] = key.source0
    words[at + Word.ORIGINATOR1] = key.source1
    words[at + Word.ORIGINATOR2] = key.source2
    words[at + Word.RESPONDER0] = key.destination0
    words[at + Word.RESPONDER1] = key.destination1
    words[at + Word.RESPONDER2] = key.destination2
  }
}

/** A loop, because for so few words `fill` costs more to call than to run. */
function clearRecord(doubles: Float64Array, first: number): void {
  const end = first + (1 << DOUBLE_SHIFT)
  for (let at = first; at < end; at += 1) doubles[at] = 0
}
