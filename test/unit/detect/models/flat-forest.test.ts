import { expect, it } from 'vitest'
import { attackShareTowards } from '../../../../src/detect/models/flat-forest.ts'
import { attackShare } from '../../../../src/detect/models/index.ts'
import { FEATURE_NAMES } from '../../../../src/feature/index.ts'
import { growRandomForest } from '../../../../src/train/growing/random-forest.ts'
import { labelledRows } from '../../../support/detection/forest-rows.ts'

const columns = [...FEATURE_NAMES.keys()]
const { forest } = growRandomForest(labelledRows(240, 1), {
  ...{ trees: 40, seed: 1, featureShare: 0.3, columns },
})
const { rows } = labelledRows(2000, 11)

it.each([0.05, 0.3, 0.5, 0.605, 0.9, 1])(
  'asking fewer trees never changes a verdict, whatever the threshold: %s',
  (threshold) => {
    const verdicts = rows.map((row) => {
      const whole = attackShare(forest, row)
      const share = attackShareTowards(forest, row, threshold)
      return { isAttack: whole >= threshold, isTold: share >= threshold, whole, share }
    })
    expect(verdicts.filter(({ isAttack, isTold }) => isAttack !== isTold)).toEqual([])
    const attacks = verdicts.filter(({ isAttack }) => isAttack)
    expect(attacks.filter(({ whole, share }) => whole !== share)).toEqual([])
    expect(attacks.length).toBeGreaterThan(0)
  },
)
