import { describe, expect, it } from 'vitest'
import {
  LoadGovernor,
  SHED_LEVELS,
  type LoadReading,
  type LoadState,
} from '../../../src/pressure/index.ts'

const CEILINGS = { maxCpuShare: 0.9, maxMemoryMegabytes: 400 }
const LOOK_MS = 100
const calm = { cpuShare: 0.2, residentBytes: 120e6, lostFrames: 0, lagMs: 0 }
const busy = { cpuShare: 1.02 }

/** A governor that is shown ten readings a second. */
class GovernedSensor {
  nowMs = 1_000
  readonly levels: number[] = []
  readonly #governor = new LoadGovernor(CEILINGS)

  seconds(count: number, reading: Partial<LoadReading> = {}): LoadState {
    for (let passed = 0; passed < count * 1000; passed += LOOK_MS) {
      this.nowMs += LOOK_MS
      const state = this.#governor.look({ ...calm, ...reading, nowMs: this.nowMs })
      if (state.level !== this.levels.at(-1)) this.levels.push(state.level)
    }
    return this.#governor.state
  }

  /** Seconds of calm until nothing is shed any more. */
  recovery(): number {
    for (let second = 0; second < 1000; second += 1) {
      if (this.#governor.state.level === 0) return second
      this.seconds(1)
    }
    return Number.POSITIVE_INFINITY
  }
}

describe('a load governor', () => {
  it('sheds nothing while the sensor stays under its ceilings', () => {
    const sensor = new GovernedSensor()
    expect(sensor.seconds(60, { cpuShare: 0.89, residentBytes: 350e6 })).toMatchObject({
      ...{ level: 0, sinceMs: null, why: null, isMemoryTight: false },
    })
  })

  it('takes one step at a time, in the stated order, and says since when and why', () => {
    const sensor = new GovernedSensor()
    const state = sensor.seconds(5, busy)
    expect(sensor.levels).toEqual([1, 2, 3, 4, 5])
    expect(SHED_LEVELS.slice(1)).toEqual([
      ...['applications', 'models', 'records', 'detail', 'openings'],
    ])
    expect(state).toMatchObject({ sinceMs: 1_100, why: '102 % of a processor, 90 % allowed' })
  })

  it('goes no further than its pressure lasts, and stays between the marks', () => {
    const sensor = new GovernedSensor()
    sensor.seconds(1, busy)
    expect(sensor.seconds(60, { cpuShare: 0.8 }).level).toBe(2)
  })

  it('recovers by itself, step by step', () => {
    const sensor = new GovernedSensor()
    sensor.seconds(5, busy)
    expect(sensor.recovery()).toBeLessThanOrEqual(8)
    expect(sensor.levels).toEqual([1, 2, 3, 4, 5, 4, 3, 2, 1, 0])
    expect(sensor.seconds(1)).toMatchObject({ level: 0, sinceMs: null, why: null })
  })

  it('is slower to take a step back each time the pressure returns at once', () => {
    const sensor = new GovernedSensor()
    const recoveries = [1, 2, 3, 4, 5, 6].map(() => {
      sensor.seconds(1, busy)
      return sensor.recovery()
    })
    expect(recoveries[3]).toBeGreaterThan(2 * recoveries[0]!)
    expect(recoveries.at(-1)).toBeLessThanOrEqual(60 + 5)
    sensor.seconds(300)
    sensor.seconds(1, busy)
    expect(sensor.recovery()).toBe(recoveries[0])
  })

  it.each([
    [{ lostFrames: 12 }, 'the kernel drops packets'],
    [{ lagMs: 2_300 }, 'packets wait for 2.3 s'],
    [{ residentBytes: 412e6 }, '412 MB of memory, 400 MB allowed'],
  ])('takes %o for pressure too', (sign, why) => {
    expect(new GovernedSensor().seconds(0.1, sign)).toMatchObject({ level: 1, why })
  })

  it('goes no further while a backlog is being worked off', () => {
    const sensor = new GovernedSensor()
    for (let lagMs = 0; lagMs < 4000; lagMs += 200) sensor.seconds(0.1, { lagMs })
    for (let lagMs = 4000; lagMs > 1500; lagMs -= 50) sensor.seconds(0.1, { lagMs })
    expect(sensor.levels).toEqual([0, 1, 2])
    for (let lagMs = 1500; lagMs < 4000; lagMs += 200) sensor.seconds(0.1, { lagMs })
    expect(sensor.levels.at(-1)).toBeGreaterThan(2)
  })

  it('does not know the share of the processor in the first second', () => {
    expect(new GovernedSensor().seconds(1, { cpuShare: null }).level).toBe(0)
  })

  it('holds the tables before memory reaches its ceiling, and lets go below', () => {
    const sensor = new GovernedSensor()
    expect(sensor.seconds(1, { residentBytes: 365e6 })).toMatchObject({
      ...{ level: 0, isMemoryTight: true },
    })
    expect(sensor.seconds(1, { residentBytes: 345e6 }).isMemoryTight).toBe(true)
    expect(sensor.seconds(1, { residentBytes: 335e6 }).isMemoryTight).toBe(false)
  })

  it('gives the process up when its memory stays far above the ceiling', () => {
    const sensor = new GovernedSensor()
    expect(sensor.seconds(4, { residentBytes: 510e6 }).outOfBounds).toBeNull()
    sensor.seconds(1)
    expect(sensor.seconds(5.1, { residentBytes: 510e6 }).outOfBounds).toBe(
      'its memory stays at 510 MB, sensor.maxMemoryMegabytes is 400 MB',
    )
  })

  it('gives it up also when shedding everything does not bring the memory back', () => {
    const sensor = new GovernedSensor()
    expect(sensor.seconds(60, { residentBytes: 410e6 }).outOfBounds).toBeNull()
    expect(sensor.seconds(5, { residentBytes: 410e6 }).outOfBounds).toMatch(/stays at 410 MB/)
  })
})
