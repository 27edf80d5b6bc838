import { describe, expect, it } from 'vitest'
import type { Detection } from '../../../../src/detect/detection.ts'
import { BlindSpells, SensorBlindness, UNWRITTEN } from '../../../../src/health/index.ts'
import type { SensorCounts } from '../../../../src/health/blindness/blindness.ts'

const START_MS = Date.UTC(2026, 0, 5, 10, 0, 0)
const FOLD_MS = 3_600_000
const YEAR_MS = 365 * 86_400_000
const nothing: SensorCounts = {
  ...{ frames: 0, kernelDrops: 0, droppedFlows: 0, evictedFlows: 0, forgotten: 0 },
  malformed: { none: 0, 'ipv4-truncated': 0 },
  load: { level: 'none', sinceMs: null, why: null },
  skipped: { payloads: 0, scores: 0, records: 0, details: 0, openings: 0 },
}
type Counter = 'frames' | 'kernelDrops' | 'droppedFlows' | 'evictedFlows' | 'forgotten'

/** A sensor that reports each second, on a clock that the test moves. */
class ReportingSensor {
  nowMs = START_MS
  readonly told: Detection[] = []
  readonly blindness = new SensorBlindness('eth0', FOLD_MS, { nowMs: () => this.nowMs })
  #last: SensorCounts | null = null

  /** Lets a second pass in which the counters rise by so much. */
  second(gained: Partial<Record<Counter, number>> & { unreadable?: number } = {}): void {
    const last = this.#last ?? nothing
    const { unreadable = 0, ...counters } = gained
    const next: Omit<SensorCounts, Counter> & Record<Counter, number> = { ...last, kernelDrops: 0 }
    next.kernelDrops = last.kernelDrops ?? 0
    for (const [name, gain] of Object.entries(counters)) next[name as Counter] += gain
    const malformed = { none: next.frames, 'ipv4-truncated': last.malformed['ipv4-truncated']! }
    malformed['ipv4-truncated'] += unreadable
    this.nowMs += 1000
    this.told.push(...this.blindness.report({ ...next, malformed }, this.#last))
    this.#last = { ...next, malformed }
  }

  seconds(count: number, gained: Parameters<ReportingSensor['second']>[0] = {}): void {
    for (let passed = 0; passed < count; passed += 1) this.second(gained)
  }

  fail(reason: string, isInterfaceGone = false): void {
    this.told.push(...this.blindness.failed({ reason, lostFlows: 7, isInterfaceGone }))
    this.#last = null
  }

  run(): void {
    this.told.push(...this.blindness.running())
  }

  get last(): Detection | undefined {
    return this.told.at(-1)
  }
}

describe('kernel drops', () => {
  it('are one story that says from when to when and how many', () => {
    const sensor = new ReportingSensor()
    sensor.seconds(3)
    sensor.second({ kernelDrops: 12_000 })
    expect(sensor.told).toHaveLength(1)
    expect(sensor.last).toMatchObject({ isFinal: false, count: 12_000 })
    sensor.seconds(4)
    sensor.second({ kernelDrops: 31 })
    sensor.seconds(20)
    expect(new Set(sensor.told.map(({ id }) => id)).size).toBe(1)
    expect(sensor.last).toMatchObject({
      ...{ family: 'health', kind: 'health.capture-drops', count: 12_031, isFinal: true },
      ...{ firstSeenUs: (START_MS + 2000) * 1000, lastSeenUs: (START_MS + 9000) * 1000 },
    })
    expect(sensor.last!.summary).toBe(
      'Blind on eth0 from 10:00:02 to 10:00:09: 12,031 packets dropped by the kernel',
    )
  })

  it('that go on for long are told ever more seldom', () => {
    const sensor = new ReportingSensor()
    sensor.seconds(3600, { kernelDrops: 10 })
    expect(sensor.told.length).toBeLessThan(20)
    expect(sensor.last!.summary).toContain(' and still: ')
  })

  it('that come back get a story of their own, which tells of those before', () => {
    const sensor = new ReportingSensor()
    sensor.second({ kernelDrops: 5 })
    sensor.seconds(60)
    sensor.second({ kernelDrops: 7 })
    sensor.seconds(60)
    expect(new Set(sensor.told.map(({ id }) => id)).size).toBe(2)
    expect(sensor.last).toMatchObject({ count: 7, isFinal: true })
    expect(sensor.last!.summary).toMatch(/\(2 spells since 10:00:00, 12 in all\)$/)
  })

  it('end with the wrong time where the clock is set back, and begin anew in the right one', () => {
    const sensor = new ReportingSensor()
    sensor.nowMs += 12 * YEAR_MS
    sensor.second({ kernelDrops: 5 })
    sensor.nowMs -= 12 * YEAR_MS
    sensor.second({ kernelDrops: 7 })
    sensor.seconds(15)
    const told = sensor.told.map(({ count, isFinal }) => [count, isFinal])
    expect(told).toEqual([[5, false], [5, true], [7, false], [7, true]]) // prettier-ignore
    expect(sensor.last!.summary).toMatch(/^Blind on eth0 from 10:00:00 to 10:00:02: 7 packets/)
  })

  it('are not said of a driver that cannot count them', () => {
    const sensor = new ReportingSensor()
    sensor.blindness.report({ ...nothing, kernelDrops: null }, null)
    sensor.seconds(30)
    expect(sensor.told).toEqual([])
  })
})

describe('what else is missed', () => {
  it.each([
    ['droppedFlows', 'health.channel-full', /12 finished flows found the channel .* full/],
    ['evictedFlows', 'health.table-full', /12 flows ended early, since the flow table was full/],
    ['forgotten', 'health.forgotten', /12 entries forgotten by detectors/],
  ])('%s becomes an event with its times and its number', (field, kind, words) => {
    const sensor = new ReportingSensor()
    sensor.second()
    sensor.second({ [field]: 12 })
    sensor.seconds(61)
    expect(sensor.told.map(({ isFinal }) => isFinal)).toEqual([false, true])
    expect(sensor.last).toMatchObject({ kind, count: 12, isFinal: true })
    expect(sensor.last!.summary).toMatch(/^Partly blind on eth0 from 10:00:01 to 10:00:02: /)
    expect(sensor.last!.summary).toMatch(words)
    expect(sensor.last!.reasons).toContainEqual(expect.objectContaining({ feature: field }))
  })

  it('is the minutes in which much of the traffic could not be read', () => {
    const sensor = new ReportingSensor()
    sensor.run()
    sensor.seconds(120, { frames: 100, unreadable: 10 })
    sensor.seconds(60, { frames: 100, unreadable: 1 })
    expect(sensor.last).toMatchObject({ kind: 'health.unreadable', count: 1200, isFinal: true })
    expect(sensor.last!.summary).toBe(
      'Partly blind on eth0 from 10:00:00 to 10:02:00: 1,200 packets could not be read',
    )
  })

  it('is told of minutes after a clock that was set back, too', () => {
    const sensor = new ReportingSensor()
    sensor.nowMs += 12 * YEAR_MS
    sensor.run()
    sensor.nowMs -= 12 * YEAR_MS
    sensor.seconds(121, { frames: 100, unreadable: 10 })
    expect(sensor.last).toMatchObject({ kind: 'health.unreadable' })
  })

  it('is neither a few broken packets among many nor a few broken packets alone', () => {
    const sensor = new ReportingSensor()
    sensor.run()
    sensor.seconds(60, { frames: 1000, unreadable: 10 })
    sensor.seconds(60, { frames: 1, unreadable: 1 })
    expect(sensor.told).toEqual([])
  })

  it('is a gap in the flow log', () => {
    const gaps = new BlindSpells(UNWRITTEN, 'host', FOLD_MS)
    gaps.miss(2000, START_MS)
    const [told] = gaps.end()
    expect(told).toMatchObject({ kind: 'health.flows-unwritten', count: 2000, isFinal: true })
    expect(told!.summary).toMatch(
      /^Gap in the flow log from .* to .*: 2,000 flows were not written/,
    )
  })
})

describe('a sensor that fails', () => {
  it('is one story until one runs again, with both times', () => {
    const sensor = new ReportingSensor()
    sensor.second()
    sensor.fail('the process ended with SIGKILL')
    expect(sensor.last!.summary).toBe(
      'Blind on eth0 since 10:00:01: the process ended with SIGKILL; 7 flows that it followed are lost',
    )
    sensor.nowMs += 500
    sensor.fail('cannot capture on eth0')
    sensor.nowMs += 2000
    sensor.run()
    expect(new Set(sensor.told.map(({ id }) => id)).size).toBe(1)
    expect(sensor.last).toMatchObject({ kind: 'health.sensor-failed', count: 2, isFinal: true })
    expect(sensor.last!.summary).toMatch(/^Blind on eth0 from 10:00:01 to 10:00:03: cannot capture/)
    expect(sensor.last!.reasons).toContainEqual(
      expect.objectContaining({ feature: 'blindSeconds', value: 2.5 }),
    )
  })

  it('ends the stories of what it counted', () => {
    const sensor = new ReportingSensor()
    sensor.second({ kernelDrops: 9 })
    sensor.fail('the process ended with SIGKILL')
    expect(sensor.told[1]).toMatchObject({ kind: 'health.capture-drops', isFinal: true })
  })

  it('says when the interface is gone', () => {
    const sensor = new ReportingSensor()
    sensor.fail('there is no interface "eth0"', true)
    expect(sensor.last!.summary).toMatch(/: the interface eth0 is gone; there is no interface/)
  })

  it('is not needed for the story of an interface that is down', () => {
    const { blindness, ...sensor } = new ReportingSensor()
    expect(blindness.link(false)).toEqual([])
    const told = [blindness.link(true), blindness.link(true), blindness.link(false)].flat()
    expect(sensor.told).toEqual([])
    expect(told.map(({ kind, isFinal }) => [kind, isFinal])).toEqual([
      ['health.interface-down', false],
      ['health.interface-down', true],
    ])
    expect(told[1]!.summary).toMatch(/^Blind on eth0 from .* to .*: the interface is down$/)
  })

  it('tells of nothing when a sensor merely starts', () => {
    const sensor = new ReportingSensor()
    sensor.run()
    expect(sensor.told).toEqual([])
  })

  it('has a date where the times are of two days', () => {
    const sensor = new ReportingSensor()
    sensor.fail('the interface went down')
    sensor.nowMs += 24 * 3_600_000
    sensor.run()
    expect(sensor.last!.summary).toMatch(/from 2026-01-05 10:00:00 to 10:00:00/)
  })
})
