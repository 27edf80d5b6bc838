import type { RuleKind } from '../../../src/detect/detection.ts'
import { describe, expect, it } from 'vitest'
import { validateConfig } from '../../../src/config/index.ts'
import {
  BlockBreaker,
  decide as decideAt,
  policyFromConfig,
  type Policy,
} from '../../../src/decide/index.ts'
import { readHours } from '../../../src/decide/hours.ts'
import type { Detection } from '../../../src/detect/detection.ts'
import { detection } from '../../support/detection/detections.ts'

function policy(changes: object) {
  return policyFromConfig(validateConfig({ policy: changes }, 'test').policy)
}
const NOON_MONDAY_MS = Date.UTC(2026, 0, 5, 12)

function decide(...[claim, policy]: [Detection, Policy]) {
  return decideAt(claim, policy, NOON_MONDAY_MS)
}

const scanRule = { kind: 'scan', minSeverity: 6, minConfidence: 0.9, ttlSeconds: 600 }

describe('decide', () => {
  it('only alerts by default', () => {
    const decision = decide(detection({ severity: 10, confidence: 1 }), policy({}))
    expect(decision).toMatchObject({ verdict: 'alert', target: null, simulated: false })
  })

  it('blocks the attacker for the time of the first rule that fits', () => {
    const rules = [{ ...scanRule, kind: 'flood' }, scanRule, { ...scanRule, ttlSeconds: 1 }]
    const decision = decide(detection(), policy({ mode: 'block', blockWhen: rules }))
    expect(decision).toMatchObject({ verdict: 'block', target: '192.0.2.7', ttlSeconds: 600 })
  })

  it('says what it would have blocked while the mode is alert', () => {
    const decision = decide(detection(), policy({ mode: 'alert', blockWhen: [scanRule] }))
    expect(decision).toMatchObject({ verdict: 'alert', target: null, simulated: true })
  })

  it.each([
    ['an allowlisted attacker', {}, { allowlist: ['192.0.2.0/24'] }],
    [
      'an attacker on the allowlist until later',
      {},
      { allowlist: [{ range: '192.0.2.7', expires: '2999-01-01T00:00:00Z' }] },
    ],
    ['an attacker who cannot be named', { attacker: null }, {}],
    ['too little severity', { severity: 5 }, {}],
    ['too little confidence', { confidence: 0.5 }, {}],
    ['a kind that merely begins alike', { kind: 'scanner.odd' as RuleKind }, {}],
  ])('does not block %s', (_, changes, more) => {
    const blocking = policy({ mode: 'block', blockWhen: [scanRule], ...more })
    expect(decide(detection(changes), blocking)).toMatchObject({ verdict: 'alert', target: null })
  })
})

describe('an entry of the allowlist', () => {
  it('tells its comment, and is over when it has expired', () => {
    const allowlist = [
      { range: '192.0.2.0/24', comment: 'our scanner', expires: '2026-01-05T10:00:00Z' },
    ]
    const blocking = policy({ mode: 'block', blockWhen: [scanRule], allowlist })
    const endMs = Date.parse('2026-01-05T10:00:00Z')
    const before = decideAt(detection(), blocking, endMs - 1)
    expect(before).toMatchObject({ verdict: 'alert', target: null })
    expect(before.why).toContain('our scanner')
    expect(decideAt(detection(), blocking, endMs)).toMatchObject({ target: '192.0.2.7' })
  })
})

describe('a rule that must not act yet', () => {
  it.each([
    ['is on a dry run', { dryRun: true }, 'dry run'],
    ['is outside its hours', { hours: 'sat,sun 00:00-24:00' }, 'outside the rule'],
  ])('that %s says what it would have blocked', (_, changes, words) => {
    const blockWhen = [{ ...scanRule, ...changes }]
    const decision = decide(detection(), policy({ mode: 'block', blockWhen }))
    expect(decision).toMatchObject({ verdict: 'alert', target: null, simulated: true })
    expect(decision.why).toContain(words)
  })

  it('acts within its hours, in the time zone of the policy', () => {
    const blockWhen = [{ ...scanRule, hours: 'mon 13:00-14:00' }]
    const berlin = policy({ mode: 'block', blockWhen, timeZone: 'Europe/Berlin' })
    expect(decide(detection(), berlin).verdict).toBe('block')
    expect(decide(detection(), policy({ mode: 'block', blockWhen })).verdict).toBe('alert')
  })
})

describe('hours', () => {
  it.each([
    ['mon-fri 08:00-18:00', 'Mon 08:00', true],
    ['mon-fri 08:00-18:00', 'Mon 18:00', false],
    ['mon-fri 08:00-18:00', 'Sat 09:00', false],
    ['22:00-06:00', 'Wed 23:59', true],
    ['22:00-06:00', 'Wed 05:59', true],
    ['22:00-06:00', 'Wed 06:00', false],
    ['fri 22:00-06:00', 'Sat 03:00', true],
    ['fri 22:00-06:00', 'Fri 03:00', false],
    ['sat-mon,wed 00:00-24:00', 'Sun 12:00', true],
    ['sat-mon,wed 00:00-24:00', 'Tue 12:00', false],
  ])('%s: is it %s? %s', (hours, when, expected) => {
    const day = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(when.slice(0, 3))
    const [hour, minute] = when.slice(4).split(':').map(Number)
    const timeMs = Date.UTC(2026, 0, 5 + day, hour, minute)
    expect(readHours(hours, 'UTC')(timeMs)).toBe(expected)
  })

  it('that are none are refused with the configuration', () => {
    const rule = { ...scanRule, hours: 'weekdays' }
    expect(() => policy({ blockWhen: [rule] })).toThrow(/hours/)
    expect(() => policy({ timeZone: 'Mars/Olympus' })).toThrow(/Europe\/Berlin/)
  })

  it.each(['mon-wed-fri 08:00-18:00', '00:00-24:30', 'mon, tue 08:00-18:00', 'Mon 08:00-18:00'])(
    '%s are none, and how they are written is told',
    (hours) => {
      const blockWhen = [{ ...scanRule, hours }]
      expect(() => policy({ blockWhen })).toThrow(/the form of "?mon-fri 08:00-18:00/)
    },
  )

  it('over an hour that the clock leaves out or repeats are those that it shows', () => {
    const isWithin = readHours('01:30-03:30', 'Europe/Berlin')
    const at = (time: string): boolean => isWithin(Date.parse(`2026-${time}:00Z`))
    // 29 March: 02:00 is 03:00. 25 October: 03:00 is 02:00.
    expect(['03-29T00:45', '03-29T01:15', '03-29T01:45'].map(at)).toEqual([true, true, false])
    expect(['10-25T00:45', '10-25T01:45', '10-25T02:45'].map(at)).toEqual([true, true, false])
  })
})

describe('BlockBreaker', () => {
  it('is neither open for longer nor fuller where the clock is set back', () => {
    let nowMs = 7_200_000
    const clock = { nowMs: () => nowMs }
    const breaker = new BlockBreaker({
      ...{ maxPerMinute: 2, openMs: 600_000, clock, onOpen: () => undefined },
    })
    breaker.take()
    nowMs = 3_600_000
    breaker.take()
    nowMs += 60_000
    expect([breaker.take(), breaker.take(), breaker.take()]).toEqual([true, true, false])
    nowMs = 0
    expect(breaker.openUntilMs).toBe(600_000)
  })

  it('grants so many a minute, then opens, says so once, and closes after its time', () => {
    let nowMs = 0
    const opened: number[] = []
    const breaker = new BlockBreaker({
      ...{ maxPerMinute: 2, openMs: 600_000, clock: { nowMs: () => nowMs } },
      onOpen: (untilMs) => opened.push(untilMs),
    })
    expect([breaker.take(), breaker.take(), breaker.take(), breaker.take()]).toEqual([
      ...[true, true, false, false],
    ])
    nowMs = 60_000
    expect([breaker.take(), breaker.openUntilMs]).toEqual([false, 600_000])
    nowMs = 600_000
    expect([breaker.take(), breaker.openUntilMs]).toEqual([true, null])
    expect(opened).toEqual([600_000])
  })

  it('never opens while no more are asked for than it grants', () => {
    let nowMs = 0
    const breaker = new BlockBreaker({
      ...{ maxPerMinute: 1, openMs: 600_000, clock: { nowMs: () => nowMs } },
      onOpen: () => expect.fail('it opened'),
    })
    for (let round = 0; round < 5; round += 1) {
      expect(breaker.take()).toBe(true)
      nowMs += 60_000
    }
  })
})
