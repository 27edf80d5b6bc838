import { describe, expect, it } from 'vitest'
import { drawBag, evenQuotas } from '../../../../src/train/growing/bags.ts'
import { dealFolds } from '../../../../src/train/cross-validate.ts'
import type { CaptureRows } from '../../../../src/train/dataset.ts'

function capture(name: string, attacks: number, benign: number, group = name): CaptureRows {
  const labels = [...new Array<1>(attacks).fill(1), ...new Array<0>(benign).fill(0)]
  const rows = labels.map((label, at) => Float64Array.of(at, label))
  return { name, group, attackTypes: [], rows, labels, leftOut: 0 }
}

describe('bags', () => {
  it('share rows evenly: small captures give all they have, a flood gives no more than others', () => {
    expect(evenQuotas([3, 10_000, 50], 100)).toEqual([3, 48, 49])
    expect(evenQuotas([1, 1], 100)).toEqual([1, 1])
    expect(evenQuotas([], 100)).toEqual([])
  })

  it('hold as many attacks as benign flows and are the same for the same seed', () => {
    const captures = [capture('flood', 5000, 0), capture('brute', 20, 0), capture('web', 0, 900)]
    const bag = drawBag(captures, 100, 7)
    expect(bag.labels.filter((label) => label === 1)).toHaveLength(50)
    expect(bag.labels.filter((label) => label === 0)).toHaveLength(50)
    expect(bag.rows.map((row) => row[1])).toEqual(bag.labels)
    expect(drawBag(captures, 100, 7)).toEqual(bag)
    expect(drawBag(captures, 100, 8)).not.toEqual(bag)
  })
})

describe('folds', () => {
  it('keep a laboratory together and hold every capture once', () => {
    const captures = [
      ...['a', 'b', 'c'].map((name) => capture(name, 5, 0, 'lab 1')),
      ...['d', 'e', 'f'].map((name) => capture(name, 5, 0)),
      ...['g', 'h', 'i', 'j'].map((name) => capture(name, 0, 5)),
    ]
    const folds = dealFolds(captures, 4, 1)
    expect(folds.flat().map(({ name }) => name).sort().join('')).toBe('abcdefghij') // prettier-ignore
    const homes = folds.filter((fold) => fold.some(({ group }) => group === 'lab 1'))
    expect(homes).toHaveLength(1)
    for (const fold of folds) {
      expect(fold.some(({ labels }) => labels.includes(1))).toBe(true)
      expect(fold.some(({ labels }) => labels.includes(0))).toBe(true)
    }
  })
})
