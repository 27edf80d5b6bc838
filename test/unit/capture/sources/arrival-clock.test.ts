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
  clock.follow()
  expect(Math.abs(clock.nowUs() / 1000 - Date.now())).toBeLessThan(200)
})
