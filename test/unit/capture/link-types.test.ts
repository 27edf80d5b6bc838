import { expect, test } from 'vitest'
import { linkTypeWords, READABLE_LINK_TYPES } from '../../../src/capture/index.ts'

test.each([
  [1, '1 (ETHERNET)'],
  [147, '147 (USER0)'],
  [162, '162 (USER15)'],
  [163, '163 (IEEE802_11_AVS)'],
  [9999, '9999'],
])('link type %i is told as %s', (linkType, words) => {
  expect(linkTypeWords(linkType)).toBe(words)
})

test('all that are read have a name', () => {
  expect(READABLE_LINK_TYPES.filter((name) => /^\d/.test(name))).toEqual([])
  expect(READABLE_LINK_TYPES).toContain('PPP_ETHER')
})
