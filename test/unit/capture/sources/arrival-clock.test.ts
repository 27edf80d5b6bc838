import { expect, it } from 'vitest'
import { ArrivalClock } from '../../../../src/capture/sources/arrival-clock.ts'

it('stamps with whole microseconds of the wall clock that never go back', () => {
  const clock = new ArrivalClock()
  let lastUs = 0
  for (let reading = 0; reading < 10_000; reading += 1) {
    const nowUs = clock.nowUs()
    expect(nowUs).toBeGreaterThanOrEqual(lastUs)
    lastUs = nowUs
  }
  expect(Number.isInteger(lastUs)).toBe(true)
  const beforeMs = Date.now()
  clock.follow()
  const nowMs = clock.nowUs() / 1000
  expect(nowMs).toBeGreaterThan(beforeMs - 200)
  expect(nowMs).toBeLessThan(Date.now() + 200)
})
