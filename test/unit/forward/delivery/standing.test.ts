import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { silentLog } from '../../../../src/core/log/log.ts'
import { createMetrics } from '../../../../src/core/log/metrics.ts'
import { Standing } from '../../../../src/forward/delivery/standing.ts'

const FAILURE = { reason: 'connection refused', afterMs: null }

describe('what the log says of a sink', () => {
  const said: string[] = []
  let standing: Standing

  beforeEach(() => {
    vi.useFakeTimers()
    said.length = 0
    const log = {
      ...silentLog,
      info: (message: string) => said.push(message),
      warn: (message: string) => said.push(message),
    }
    standing = new Standing({ sink: 'siem', of: 'events', log, metrics: createMetrics() })
  })
  afterEach(() => vi.useRealTimers())

  it('is that it fails, once a minute, and that it takes events again', () => {
    for (let seconds = 0; seconds < 90; seconds += 1) {
      standing.failed(FAILURE)
      vi.advanceTimersByTime(1000)
    }
    standing.took(1, true)
    const fails = 'a sink takes no events; they wait in the log'
    expect(said).toEqual([fails, fails, 'a sink takes events again'])
  })

  it('is nothing of a failure within the minute after one that it told, nor of its end', () => {
    standing.failed(FAILURE)
    standing.took(1, true)
    said.length = 0
    vi.advanceTimersByTime(10_000)
    standing.failed(FAILURE)
    standing.took(1, true)
    expect(said).toEqual([])
  })
})

describe('a sink that failed', () => {
  const standing = () =>
    new Standing({ sink: 'siem', of: 'events', log: silentLog, metrics: createMetrics() })

  it('is knocked at less and less often until something has arrived, whatever it takes and loses', () => {
    const flapping = standing()
    for (let round = 1; round <= 5; round += 1) {
      flapping.failed(FAILURE)
      flapping.took(250, false)
      expect(flapping.failures).toBe(round)
      expect(flapping.lastFailure).toBeNull()
    }
    flapping.took(0, true)
    expect(flapping.failures).toBe(0)
  })

  it('has nothing wrong with it once nothing is left to send', () => {
    const quiet = standing()
    quiet.failed(FAILURE)
    quiet.resting()
    expect(quiet).toMatchObject({ state: 'idle', failures: 0, lastFailure: null })
  })
})
