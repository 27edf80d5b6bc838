import { describe, expect, it } from 'vitest'
import { createSieve, type SieveConfig } from '../../../../src/forward/delivery/sieve.ts'
import type { Event } from '../../../../src/record/event.ts'
import { event } from '../../../support/record.ts'

/** Sifts states recorded at the times given, ms; gives the numbers of those that pass. */
function sifted(config: Partial<SieveConfig>, states: readonly [Partial<Event>, number?][]) {
  const sieve = createSieve({ minSeverity: 0, ...config })
  const rows = states.map(([changes, recordedAtMs = 0], index) => ({
    event: event({ ...changes, sequence: index + 1 }),
    recordedAtMs,
  }))
  const { passed, state } = sieve.sift(rows, sieve.fresh)
  return { passed: passed.map(({ sequence }) => sequence), state }
}

describe('the filters of a sink', () => {
  const KINDS: [Partial<Event>][] = [
    [{ kind: 'scan.vertical.syn', family: 'scan', severity: 6 }],
    [{ kind: 'scan', family: 'scan', severity: 2 }],
    [{ kind: 'scanner.x', family: 'policy', severity: 5 }],
    [{ kind: 'c2.beacon', family: 'c2', severity: 8 }],
    [{ kind: 'health.host', family: 'health', severity: 0 }],
  ]

  it.each([
    ['nothing asked', {}, [1, 2, 3, 4, 5]],
    ['a severity', { minSeverity: 5 }, [1, 3, 4]],
    ['an exact kind', { kinds: ['scan'] }, [2]],
    ['kinds below one', { kinds: ['scan.*'] }, [1]],
    ['the middle of kinds', { kinds: ['*.vertical.*', 'c2.b*'] }, [1, 4]],
    ['families', { families: ['scan', 'health'] }, [1, 2, 5]],
    ['all at once', { families: ['scan'], kinds: ['scan*'], minSeverity: 3 }, [1]],
  ])('let through what fits, and count the rest: %s', (_, config, passed) => {
    const result = sifted(config, KINDS)
    expect(result.passed).toEqual(passed)
    expect(result.state.withheld).toBe(5 - passed.length)
  })

  it('let through what the agent says of the delivery, whatever they are', () => {
    const config = { minSeverity: 9, kinds: ['c2.*'], rateLimit: { eventsPerSecond: 1, burst: 1 } }
    const kinds = ['health.heartbeat', 'health.held-back', 'health.outbox-lost']
    const result = sifted(
      config,
      kinds.map((kind) => [{ kind, family: 'health', severity: 0 }]),
    )
    expect(result.passed).toEqual([1, 2, 3])
  })
})

describe('the rate limit of a sink', () => {
  const rateLimit = { eventsPerSecond: 2, burst: 3 }

  it('goes on when the clock was set back: an hour that comes twice is no reason to hold back all of it', () => {
    const hour = 3_600_000
    const flood = Array.from({ length: 4 }, (): [Partial<Event>, number] => [{}, 2 * hour])
    const { passed } = sifted({ rateLimit }, [
      ...flood,
      [{}, hour],
      [{}, hour + 1000],
      [{}, hour + 1000],
    ])
    expect(passed).toEqual([1, 2, 3, 6, 7])
  })

  it('lets a burst through, then so many a second of the time at which they were recorded', () => {
    const flood = Array.from({ length: 10 }, (): [Partial<Event>, number] => [{}, 5000])
    const { passed, state } = sifted({ rateLimit }, [...flood, [{}, 6000], [{}, 6000], [{}, 6000]])
    expect(passed).toEqual([1, 2, 3, 11, 12])
    expect(state).toMatchObject({ heldBack: 8, withheld: 0 })
  })

  it('does not cut a backlog that was recorded slowly, however fast it is sent', () => {
    const slow = Array.from({ length: 100 }, (_, index): [Partial<Event>, number] => [
      {},
      index * 500,
    ])
    expect(sifted({ rateLimit }, slow).passed).toHaveLength(100)
  })

  it('never holds back what is to wake somebody up', () => {
    const flood = Array.from({ length: 10 }, (_, index): [Partial<Event>, number] => [
      { severity: index < 5 ? 6 : 7 },
      1000,
    ])
    expect(sifted({ rateLimit }, flood).passed).toEqual([1, 2, 3, 6, 7, 8, 9, 10])
  })
})
