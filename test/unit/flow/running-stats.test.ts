import fc from 'fast-check'
import { expect, it } from 'vitest'
import { deviation, foldValue } from '../../../src/flow/fold/running-stats.ts'

it('gives the mean and deviation that two passes over the series give', () => {
  const series = fc.array(fc.integer({ min: 0, max: 1e9 }), { minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(series, (values) => {
      const doubles = new Float64Array(2)
      values.forEach((value, index) => foldValue(doubles, 0, value, index + 1))
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length
      const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
      expect(doubles[0]).toBeCloseTo(mean, 3)
      expect(deviation(doubles[1]!, values.length)).toBeCloseTo(
        Math.sqrt(squares / values.length),
        2,
      )
    }),
  )
})

it('does not lose a small spread on a large mean', () => {
  const doubles = new Float64Array(2)
  for (let count = 1; count <= 100_000; count += 1) {
    foldValue(doubles, 0, 6e10 + (count % 2), count)
  }
  expect(deviation(doubles[1]!, 100_000)).toBeCloseTo(0.5, 3)
})
