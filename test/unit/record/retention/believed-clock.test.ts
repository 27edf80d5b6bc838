import { expect, it } from 'vitest'
import { BelievedClock } from '../../../../src/record/retention/believed-clock.ts'

const HOUR_MS = 3_600_000
const YEAR_MS = 365 * 24 * HOUR_MS

/** A clock on the wall that the test sets, and the time that really passes. */
function clocks(knownMs: number | null = null) {
  const time = { wallMs: 1000 * HOUR_MS, elapsedMs: 0 }
  const believed = new BelievedClock({ nowMs: () => time.wallMs }, knownMs, () => time.elapsedMs)
  const pass = (hours: number): number => {
    time.wallMs += hours * HOUR_MS
    time.elapsedMs += hours * HOUR_MS
    return believed.nowMs() / HOUR_MS
  }
  return { time, pass }
}

it('follows the clock, also back', () => {
  const { time, pass } = clocks()
  expect(pass(30)).toBe(1030)
  time.wallMs -= 500 * HOUR_MS
  expect(pass(1)).toBe(531)
})

it('goes on by itself while the clock is years ahead, and follows it when that is set right', () => {
  const { time, pass } = clocks()
  time.wallMs += 12 * YEAR_MS
  expect(pass(1)).toBe(1001)
  expect(pass(10)).toBe(1011)
  time.wallMs -= 12 * YEAR_MS
  expect(pass(1)).toBe(1012)
})

it('believes a leap that has stood for a day', () => {
  const { time, pass } = clocks()
  time.wallMs += 100 * HOUR_MS
  expect(pass(1)).toBe(1001)
  expect(pass(23)).toBe(1024)
  expect(pass(1)).toBe(1125)
  expect(pass(1)).toBe(1126)
})

it('goes on from what is known where it starts years ahead, and believes an outage after a day', () => {
  const { time, pass } = clocks(1000 * HOUR_MS - 12 * YEAR_MS)
  expect(pass(1)).toBe(1001 - (12 * YEAR_MS) / HOUR_MS)
  time.wallMs -= 6 * YEAR_MS
  expect(pass(22)).toBe(1023 - (12 * YEAR_MS) / HOUR_MS)
  expect(pass(1)).toBe(1024 - (6 * YEAR_MS) / HOUR_MS)
})

it('follows at once where it starts behind what is known', () => {
  expect(clocks(5000 * HOUR_MS).pass(1)).toBe(1001)
})
