import { describe, expect, it } from 'vitest'
import { calibrateThreshold, captureWeights, rankingFigures } from '../../../src/train/metrics.ts'

const flows = (pairs: readonly (readonly [number, 0 | 1])[]) =>
  pairs.map(([score, label]) => ({ score, label, weight: 1 }))

describe('ranking figures', () => {
  it('are 1 for a perfect ranking and 0 ROC for its opposite', () => {
    const perfect = flows([[0.9, 1], [0.8, 1], [0.2, 0], [0.1, 0]]) // prettier-ignore
    expect(rankingFigures(perfect)).toEqual({ rocAuc: 1, prAuc: 1 })
    const opposite = perfect.map((flow) => ({ ...flow, score: -flow.score }))
    expect(rankingFigures(opposite).rocAuc).toBe(0)
  })

  it('count ties half, in whatever order they come', () => {
    const tied = flows([[0.5, 1], [0.5, 0], [0.5, 0], [0.5, 1]]) // prettier-ignore
    expect(rankingFigures(tied)).toEqual({ rocAuc: 0.5, prAuc: 0.5 })
  })

  it('agree with a textbook example', () => {
    // scikit-learn: roc_auc_score 0.75, average_precision_score 0.8333.
    const figures = rankingFigures(flows([[0.1, 0], [0.4, 0], [0.35, 1], [0.8, 1]])) // prettier-ignore
    expect(figures.rocAuc).toBeCloseTo(0.75)
    expect(figures.prAuc).toBeCloseTo(0.8333, 4)
  })

  it('let a weighted flow count as many', () => {
    const weighted = [{ score: 0.9, label: 0, weight: 3 }, { score: 0.5, label: 1, weight: 1 }, { score: 0.1, label: 0, weight: 1 }] as const // prettier-ignore
    expect(rankingFigures(weighted).rocAuc).toBeCloseTo(0.25)
  })
})

describe('the threshold', () => {
  it('is the least at which so few benign flows speak', () => {
    const benign = [...new Array<number>(97).fill(0), 0.7, 0.8, 0.9]
    const at = (share: number) => calibrateThreshold(benign, { share, floor: 0.6, trees: 10 })
    expect(at(0)).toBeCloseTo(0.95)
    expect(at(0.01)).toBeCloseTo(0.85)
    expect(at(0.03)).toBeCloseTo(0.55)
  })

  it('asks for every vote when even that is not enough', () => {
    expect(calibrateThreshold([1, 1], { share: 0, floor: 0.5, trees: 10 })).toBeCloseTo(0.95)
  })
})

describe('capture weights', () => {
  it('give each class of a capture the weight of one', () => {
    expect(captureWeights([1, 0, 0, 0, 1])).toEqual([0.5, 1 / 3, 1 / 3, 1 / 3, 0.5])
  })
})
