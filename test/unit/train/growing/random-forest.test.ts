import { describe, expect, it } from 'vitest'
import { attackShare, mergeForests } from '../../../../src/detect/models/index.ts'
import { FEATURE_COUNT } from '../../../../src/feature/index.ts'
import { growRandomForest, MAXIMUM_BAG_ROWS } from '../../../../src/train/growing/random-forest.ts'
import { labelledRows } from '../../../support/detection/forest-rows.ts'

const columns = Array.from({ length: FEATURE_COUNT }, (_, column) => column).slice(2)
const options = { trees: 7, seed: 3, featureShare: 0.5, columns }

describe('random forest', () => {
  it("counts the package's own votes exactly, on every row, for merged forests too", () => {
    const training = labelledRows(240, 1)
    const first = growRandomForest(training, options)
    const second = growRandomForest(training, { ...options, seed: 4 })
    const merged = mergeForests([first.forest, second.forest])
    const { rows } = labelledRows(600, 2)
    const seen = rows.map((row) => columns.map((column) => row[column]!))
    const votes = [first, second].map(({ classifier }) => classifier.predictionValues(seen))
    const expected = rows.map((_, index) => {
      const all = votes.flatMap((matrix) => matrix.getRow(index))
      return all.filter((vote) => vote === 1).length / all.length
    })
    expect(rows.map((row) => attackShare(merged, row))).toEqual(expected)
    expect(new Set(expected).size).toBeGreaterThan(5)
  })

  it('tells the two clouds apart', () => {
    const { forest } = growRandomForest(labelledRows(240, 5), options)
    const fresh = labelledRows(300, 6)
    const right = fresh.rows.filter(
      (row, index) => attackShare(forest, row) >= 0.5 === (fresh.labels[index] === 1),
    )
    expect(right.length).toBeGreaterThan(270)
  })

  it('grows the same forest from the same seed and splits only on the columns allowed', () => {
    const training = labelledRows(150, 7)
    const { forest } = growRandomForest(training, options)
    expect(growRandomForest(training, options).forest).toEqual(forest)
    expect(forest.feature).not.toContain(0)
    expect(forest.feature).not.toContain(1)
  })

  it('says nothing but benign when the bag holds nothing else', () => {
    const { rows } = labelledRows(30, 8)
    const { forest } = growRandomForest({ rows, labels: rows.map(() => 0) }, options)
    expect(attackShare(forest, rows[0]!)).toBe(0)
  })

  it('refuses an empty bag and one that would train for minutes', () => {
    const rows = Array.from({ length: MAXIMUM_BAG_ROWS + 1 }, () => new Float64Array(FEATURE_COUNT))
    expect(() => growRandomForest({ rows: [], labels: [] }, options)).toThrow(RangeError)
    expect(() => growRandomForest({ rows, labels: rows.map(() => 0) }, options)).toThrow(RangeError)
  })
})
