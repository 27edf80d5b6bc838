import { describe, expect, it } from 'vitest'
import { FEATURE_COUNT } from '../../../../src/feature/index.ts'
import { growForest, type GrowJob } from '../../../../src/train/growing/grow-forest.ts'
import { boxPlotRival, TUKEY_FENCE } from '../../../../src/train/rival.ts'
import { labelledRows } from '../../../support/detection/forest-rows.ts'

const columns = Array.from({ length: FEATURE_COUNT }, (_, column) => column)
const jobOf = (index: number): GrowJob => ({
  bag: labelledRows(60, index),
  options: { trees: 2, seed: index, featureShare: 0.5, columns },
})

describe('growing on threads', () => {
  it('gives the very forest that one thread gives, and tells how far it is', async () => {
    const done: number[] = []
    const alone = await growForest({ jobs: 4, jobOf, threads: 0, onGrown: (at) => done.push(at) })
    expect(done).toEqual([1, 2, 3, 4])
    expect(alone.roots).toHaveLength(8)
    expect(await growForest({ jobs: 4, jobOf, threads: 2 })).toEqual(alone)
  })

  it('fails when a bag cannot be grown', async () => {
    const empty = { ...jobOf(1), bag: { rows: [], labels: [] } }
    for (const threads of [0, 2]) {
      await expect(growForest({ jobs: 3, jobOf: () => empty, threads })).rejects.toThrow(
        /1 to 2000/,
      )
    }
  })
})

describe('the trivial rival', () => {
  it('flags a rate far above the benign quartiles and nothing near them', () => {
    const benign = Array.from({ length: 100 }, (_, at) =>
      new Float64Array(FEATURE_COUNT).fill(Math.log1p(1 + (at % 10))),
    )
    const rival = boxPlotRival(benign)
    expect(rival(benign[5]!)).toBeLessThan(TUKEY_FENCE)
    expect(rival(new Float64Array(FEATURE_COUNT).fill(Math.log1p(500)))).toBeGreaterThan(
      TUKEY_FENCE,
    )
  })
})
