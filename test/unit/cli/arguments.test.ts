import { expect, test } from 'vitest'
import {
  pointInTime,
  scopeList,
  seconds,
  secondsOrNever,
  wholeNumber,
} from '../../../src/cli/arguments.ts'

test.each([
  ['600', 600],
  ['90s', 90],
  ['10m', 600],
  ['2h', 7200],
  ['30d', 2_592_000],
  ['1w', 604_800],
])('%s is %i seconds', (text, expected) => {
  expect(seconds(text)).toBe(expected)
})

test.each(['', '0', '0m', '-5', '1.5h', 'ten', '10 m', '10M', '1y', '99999999999'])(
  'the duration %j is refused',
  (text) => {
    expect(() => seconds(text)).toThrow(/such as 10m/)
  },
)

test('never is kept as a word, beside the durations', () => {
  expect(secondsOrNever('never')).toBe('never')
  expect(secondsOrNever('10m')).toBe(600)
})

test('a day begins at midnight UTC, and an age is counted from now', () => {
  expect(pointInTime('2026-01-05')).toBe('2026-01-05T00:00:00Z')
  expect(pointInTime('2026-01-05T10:00:00.5+01:00')).toBe('2026-01-05T10:00:00.5+01:00')
  const before = Date.now()
  const twoHoursOn = Date.parse(pointInTime('2h')) + 7_200_000
  expect(twoHoursOn).toBeGreaterThanOrEqual(before)
  expect(twoHoursOn).toBeLessThanOrEqual(Date.now())
})

test.each([
  ['2026-01-05 10:00:07', '2026-01-05T10:00:07Z'],
  ['2026-01-05T10:00:07', '2026-01-05T10:00:07Z'],
  ['2026-01-05 10:00', '2026-01-05T10:00:00Z'],
])('the time %s is taken as tables print it, in UTC', (text, expected) => {
  expect(pointInTime(text)).toBe(expected)
})

test.each(['yesterday', '2026-01-05 25:00', '2026-13-01', '10:00', '5'])(
  'the time %j is refused',
  (text) => {
    expect(() => pointInTime(text)).toThrow(/give a time/)
  },
)

test('whole numbers are held to their bounds', () => {
  expect(wholeNumber(0, 10)('10')).toBe(10)
  for (const text of ['11', '-1', '1.5', '0x5', '']) {
    expect(() => wholeNumber(0, 10)(text)).toThrow(/from 0 to 10/)
  }
})

test('scopes come by commas, and one that is none is named', () => {
  expect(scopeList('read, block')).toEqual(['read', 'block'])
  expect(() => scopeList('read,write')).toThrow(/'write' is no scope/)
  expect(() => scopeList('')).toThrow(/is no scope/)
})
