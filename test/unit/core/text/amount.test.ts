import { expect, test } from 'vitest'
import { counted, plainlyCounted } from '../../../../src/core/text/amount.ts'

test.each([
  [counted(0, 'packet'), '0 packets'],
  [counted(1, 'packet'), '1 packet'],
  [counted(1204, 'packet'), '1,204 packets'],
  [counted(1, 'entry', 'entries'), '1 entry'],
  [counted(2, 'flow was', 'flows were'), '2 flows were'],
  [plainlyCounted(1, 'flow'), '1 flow'],
  [plainlyCounted(1204, 'flow'), '1204 flows'],
])('amounts stand before what there is of them: %s', (told, expected) => {
  expect(told).toBe(expected)
})
