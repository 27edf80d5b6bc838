import { describe, expect, it } from 'vitest'
import {
  attackShare,
  contributions,
  growIsolationForest,
  reasonsOf,
  wordsOf,
  type IsolationForestModel,
  type RandomForestModel,
} from '../../../../src/detect/models/index.ts'
import { growRandomForest } from '../../../../src/train/growing/random-forest.ts'
import { FEATURE_COUNT, FEATURE_NAMES } from '../../../../src/feature/index.ts'
import { labelledRows } from '../../../support/detection/forest-rows.ts'

const facts = { threshold: 0.6, baseline: new Float64Array(FEATURE_COUNT).fill(1), training: {} }

function randomForest(): RandomForestModel {
  const training = labelledRows(240, 1)
  const columns = [...FEATURE_NAMES.keys()]
  const { forest } = growRandomForest(training, { trees: 20, seed: 1, featureShare: 0.6, columns })
  return { kind: 'random-forest', forest, ...facts, calibration: null }
}

describe('explanations', () => {
  it("sum to the distance of the row's vote from where the trees began", () => {
    const model = randomForest()
    const { forest } = model
    const start =
      forest.roots.reduce((sum, root) => sum + forest.value[root]!, 0) / forest.roots.length
    for (const row of labelledRows(20, 2).rows) {
      const sum = contributions(model, row).reduce((total, moved) => total + moved, 0)
      expect(sum).toBeCloseTo(attackShare(forest, row) - start, 9)
    }
  })

  it('name the features the attacks differ in, with what is usual', () => {
    const model = randomForest()
    const { rows, labels } = labelledRows(60, 3)
    const attack = rows.find((row, at) => labels[at] === 1 && attackShare(model.forest, row) > 0.9)!
    const [first] = reasonsOf(model, attack)
    expect(FEATURE_NAMES.indexOf(first!.feature) % 4).toBe(0)
    expect(first!.weight).toBeGreaterThan(0)
    expect(first!.weight).toBeLessThanOrEqual(1)
    expect(wordsOf([first!])).toContain(`(usual ${first!.baseline})`)
  })

  it('name the feature that sets an anomaly apart', () => {
    const { rows } = labelledRows(1000, 4)
    const grown = growIsolationForest(rows, { trees: 200, seed: 1 })
    const model: IsolationForestModel = {
      kind: 'isolation-forest',
      ...grown,
      ...facts,
      strongThreshold: 0.9,
      learnedAtUs: 0,
      version: 1,
      reference: { ordinary: [], attacks: [], attacksApart: 0 },
    }
    const odd = new Float64Array(FEATURE_COUNT).fill(2)
    odd[9] = 40
    expect(reasonsOf(model, odd)[0]!.feature).toBe(FEATURE_NAMES[9])
  })

  it('put yes and no into words', () => {
    expect(wordsOf([{ feature: 'isUnanswered', value: 1, baseline: 0, weight: 1 }])).toBe(
      'isUnanswered yes (usual no)',
    )
    expect(wordsOf([{ feature: 'originatorPorts60s', value: 980, baseline: 2, weight: 1 }])).toBe(
      'originatorPorts60s 980 ports (usual 2)',
    )
  })
})
