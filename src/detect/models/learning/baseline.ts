/** What is usual for this host: a bounded, even sample of its flows, and the forest grown from it. */
import { FEATURE_COUNT } from '../../../feature/index.ts'
import type { IsolationForestConfig } from '../config.ts'
import { growIsolationForest, isolationScore } from '../isolation-forest.ts'
import { columnMedians, quantile, type IsolationForestModel } from '../model.ts'
import { sampleIndices, seededRandom, type Random } from '../random.ts'

const HELD_BACK_SHARE = 0.2

/**
 * A reservoir: after any number of flows each one seen is kept with the same chance.
 *
 * Cost: 300 bytes a flow kept; adding is one random draw. Source: Vitter 1985, algorithm R.
 */
export class Baseline {
  readonly #capacity: number
  readonly #random: Random
  #rows = new Float64Array(0)
  #seen = 0
  #firstUs = Infinity
  #lastUs = -Infinity

  constructor(capacity: number, seed: number) {
    this.#capacity = capacity
    this.#random = seededRandom(seed)
  }

  /** Flows offered so far. */
  get seen(): number {
    return this.#seen
  }

  /** Minutes of packet time between the earliest and the latest flow offered. */
  get minutes(): number {
    return this.#seen === 0 ? 0 : (this.#lastUs - this.#firstUs) / 60e6
  }

  offer(row: Float64Array, timeUs: number): void {
    if (this.#rows.length === 0) this.#rows = new Float64Array(this.#capacity * FEATURE_COUNT)
    this.#seen += 1
    this.#firstUs = Math.min(this.#firstUs, timeUs)
    this.#lastUs = Math.max(this.#lastUs, timeUs)
    const kept =
      this.#seen <= this.#capacity ? this.#seen - 1 : Math.floor(this.#random() * this.#seen)
    if (kept < this.#capacity) this.#rows.set(row, kept * FEATURE_COUNT)
  }

  /** The rows kept, as views: good until the next `offer`. */
  rows(): Float64Array[] {
    const kept = Math.min(this.#seen, this.#capacity)
    return Array.from({ length: kept }, (_, index) =>
      this.#rows.subarray(index * FEATURE_COUNT, (index + 1) * FEATURE_COUNT),
    )
  }
}

/**
 * Grows the host's model from its baseline and sets the threshold on rows the forest has not seen.
 *
 * Cost: about 0.1 s for 20,000 rows and 100 trees.
 */
export function learnModel(
  rows: readonly Float64Array[],
  config: IsolationForestConfig,
  facts: { readonly seed: number; readonly learnedAtUs: number; readonly version?: number },
): Omit<IsolationForestModel, 'reference'> {
  const order = sampleIndices(rows.length, rows.length, seededRandom(facts.seed))
  const shuffled = order.map((index) => rows[index]!)
  const heldBack = shuffled.slice(0, Math.floor(shuffled.length * HELD_BACK_SHARE))
  const grown = growIsolationForest(shuffled.slice(heldBack.length), {
    trees: config.trees,
    seed: facts.seed,
  })
  const scores = Float64Array.from(heldBack, (row) => isolationScore(grown, row)).sort()
  const highest = quantile(scores, 1)
  const threshold = Math.min(0.99, quantile(scores, config.quantile) + config.margin)
  return {
    kind: 'isolation-forest',
    forest: grown.forest,
    normalPathLength: grown.normalPathLength,
    threshold,
    strongThreshold: Math.min(0.995, Math.max(threshold, highest) + 2 * config.margin),
    baseline: columnMedians(rows, FEATURE_COUNT),
    learnedAtUs: facts.learnedAtUs,
    version: facts.version ?? 1,
    training: {
      seed: facts.seed,
      rows: rows.length,
      heldBack: heldBack.length,
      trees: config.trees,
    },
  }
}
