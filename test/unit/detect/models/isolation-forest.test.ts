import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import {
  growIsolationForest,
  growTrees,
  ISOLATION_SAMPLE_ROWS,
  isolationScore,
  keyedRow,
} from '../../../../src/detect/models/isolation-forest.ts'
import { FEATURE_COUNT } from '../../../../src/feature/index.ts'
import { labelledRows } from '../../../support/detection/forest-rows.ts'

const { IsolationForest } = createRequire(import.meta.url)('isolation-forest') as {
  IsolationForest: new (
    trees: number,
    sampleRows: number,
  ) => { trees: unknown; predict(rows: object[]): number[] }
}
const ALL_COLUMNS = Array.from({ length: FEATURE_COUNT }, (_, column) => column)
const options = { trees: 60, seed: 11 }

describe('isolation forest', () => {
  it("scores every row exactly as the package's own predict does", () => {
    const { rows } = labelledRows(1500, 1)
    const grown = growIsolationForest(rows, options)
    const own = new IsolationForest(options.trees, ISOLATION_SAMPLE_ROWS)
    own.trees = [...growTrees(rows, options)]
    const expected = own.predict(rows.map((row) => keyedRow(row, ALL_COLUMNS)))
    expect(rows.map((row) => isolationScore(grown, row))).toEqual(expected)
  })

  it('grows the same forest from the same seed, and another from another', () => {
    const { rows } = labelledRows(600, 2)
    const first = growIsolationForest(rows, options)
    expect(growIsolationForest(rows, options).forest).toEqual(first.forest)
    expect(growIsolationForest(rows, { ...options, seed: 12 }).forest).not.toEqual(first.forest)
  })

  it('gives Math.random back', () => {
    const before = Math.random
    growIsolationForest(labelledRows(50, 3).rows, options)
    expect(Math.random).toBe(before)
  })

  it('scores a row far off the cloud above every row of the cloud', () => {
    const { rows } = labelledRows(2000, 4)
    const grown = growIsolationForest(rows, options)
    const odd = new Float64Array(FEATURE_COUNT).fill(30)
    const highest = Math.max(...rows.map((row) => isolationScore(grown, row)))
    expect(isolationScore(grown, odd)).toBeGreaterThan(highest)
    expect(isolationScore(grown, odd)).toBeLessThanOrEqual(1)
  })

  it('keeps its scores as the baseline grows, so that a threshold keeps its meaning', () => {
    const meanScore = (count: number): number => {
      const { rows } = labelledRows(count, 5)
      const grown = growIsolationForest(rows, options)
      return rows.reduce((sum, row) => sum + isolationScore(grown, row), 0) / count
    }
    expect(Math.abs(meanScore(20_000) - meanScore(500))).toBeLessThan(0.03)
  })

  it('never splits on a constant column and leaves unusable rows out', () => {
    const { rows } = labelledRows(300, 6)
    rows[0]![0] = Number.NaN
    rows[1]![1] = Infinity
    const grown = growIsolationForest(rows, options)
    expect(grown.forest.feature).not.toContain(5)
    expect(grown.forest.threshold.every(Number.isFinite)).toBe(true)
  })

  it('refuses to grow on nothing, and copes with rows that are all the same', () => {
    expect(() => growIsolationForest([], options)).toThrow(RangeError)
    const same = Array.from({ length: 20 }, () => new Float64Array(FEATURE_COUNT).fill(1))
    const grown = growIsolationForest(same, options)
    expect(isolationScore(grown, same[0]!)).toBeGreaterThan(0)
  })
})
