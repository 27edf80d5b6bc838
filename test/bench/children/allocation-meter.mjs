/**
 * Measures what a program allocates, by how the heap grows from one look to the next.
 *
 * Garbage collection takes away what was allocated: a step across which the heap shrank is left out, and
 * the young generation is made so large that there are few of these. Left out are allocations within
 * native code that V8 does not hear of.
 */
import { getHeapStatistics } from 'node:v8'

/** A young generation of 3 × this: a process that allocates 100 MB meanwhile is collected once or not at all. */
const SEMI_SPACE_MEGABYTES = 256

/** What the program must be started with. */
export const allocationFlags = [
  '--expose-gc',
  `--min-semi-space-size=${SEMI_SPACE_MEGABYTES}`,
  `--max-semi-space-size=${SEMI_SPACE_MEGABYTES}`,
]

export class AllocationMeter {
  #last = -1
  #bytes = 0
  #looks = 0
  #leftOut = 0
  #ownBytes = costOfALook()

  /** Takes in what was allocated since the last look. */
  look() {
    const now = heapBytes()
    const grown = now - this.#last
    if (this.#last >= 0 && grown >= 0) {
      this.#bytes += grown
      this.#looks += 1
    } else if (this.#last >= 0) {
      this.#leftOut += 1
    }
    this.#last = now
  }

  /** The mean of what was allocated from one look to the next, without what looking costs. */
  bytesALook() {
    return this.#looks === 0 ? Number.NaN : Math.max(0, this.#bytes / this.#looks - this.#ownBytes)
  }

  statistics() {
    return { looks: this.#looks, leftOut: this.#leftOut }
  }
}

function heapBytes() {
  const { used_heap_size: onHeap, external_memory: outside } = getHeapStatistics()
  return onHeap + outside
}

/** Looking makes an object, always of the same size. */
function costOfALook() {
  globalThis.gc()
  for (let warming = 0; warming < 100; warming += 1) heapBytes()
  const costs = Array.from({ length: 21 }, () => -heapBytes() + heapBytes())
  return costs.sort((one, other) => one - other)[10]
}
