import { describe, expect, test } from 'vitest'
import { FateSample } from '../../../../../src/detect/rules/state/watch/fate-sample.ts'
import { LastSigns } from '../../../../../src/detect/rules/state/watch/last-signs.ts'
import { Majority } from '../../../../../src/detect/rules/state/watch/majority.ts'
import { SlidingCounts } from '../../../../../src/detect/rules/state/watch/sliding-counts.ts'

const S = 1_000_000

describe('SlidingCounts', () => {
  test('sums ten seconds, knows the peak and the first, and forgets what is older', () => {
    const counts = new SlidingCounts(2)
    counts.add(0, 3, 100.25 * S)
    counts.add(1, 9, 100.5 * S)
    counts.add(0, 4, 105 * S)
    expect([counts.sum(0, 106 * S), counts.peak(0, 106 * S), counts.sum(1, 106 * S)]).toEqual([
      ...[7, 4, 9],
    ])
    expect(counts.startUs(106 * S)).toBe(100.25 * S)
    expect(counts.sum(0, 112 * S)).toBe(4)
    expect(counts.sum(0, 130 * S)).toBe(0)
  })

  test('lets nothing late overwrite a newer second, but begins anew when the clock jumps back', () => {
    const counts = new SlidingCounts(1)
    counts.add(0, 5, 110 * S)
    counts.add(0, 7, 100 * S)
    expect(counts.sum(0, 110 * S)).toBe(5)
    counts.add(0, 2, 10 * S)
    expect(counts.sum(0, 10 * S)).toBeGreaterThanOrEqual(2)
  })
})

describe('Majority', () => {
  test('finds who did most of it amid many, and nobody where all are different', () => {
    const [one, none] = [new Majority(), new Majority()]
    for (let index = 1; index <= 1000; index += 1) {
      const isOther = index % 10 === 0
      one.addNamed(isOther ? index : 7, isOther ? `other ${index}` : 'the one')
      none.addNamed(index, `host ${index}`)
    }
    expect(one.holder(1000, 0.8)).toBe('the one')
    expect(none.holder(1000, 0.5)).toBeNull()
  })

  test('asks nobody for a name who is met only once', () => {
    const majority = new Majority()
    let asked = 0
    for (let index = 1; index <= 1000; index += 1) {
      majority.add(index, 'host', (name) => `${name} ${(asked += 1)}`)
    }
    expect(asked).toBe(0)
  })
})

describe('FateSample', () => {
  test('tells beginnings that go on from those that stay alone', () => {
    const [alive, dead] = [new FateSample(), new FateSample()]
    for (let index = 0; index < 100; index += 1) {
      alive.begin(index, 100 * S)
      alive.goOn(index)
      dead.begin(index, 100 * S)
    }
    expect(alive.share(102 * S)).toBe(1)
    expect(dead.share(102 * S)).toBe(0)
  })
})

describe('LastSigns', () => {
  test('knows who did it lately', () => {
    const signs = new LastSigns()
    signs.note(42, 100 * S)
    expect(signs.isRecent(42, 105 * S, 10 * S)).toBe(true)
    expect(signs.isRecent(42, 120 * S, 10 * S)).toBe(false)
    expect(signs.isRecent(43, 105 * S, 10 * S)).toBe(false)
  })
})
