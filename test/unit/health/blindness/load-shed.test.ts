import { describe, expect, it } from 'vitest'
import { ShedSpells, type ShedReport } from '../../../../src/health/blindness/load-shed.ts'

const START_MS = Date.UTC(2026, 0, 5, 10, 0, 0)
const nothing = { payloads: 0, scores: 0, records: 0, details: 0, openings: 0 }
const calm: ShedReport = { load: { level: 'none', sinceMs: null, why: null }, skipped: nothing }
const why = '102 % of a processor, 90 % allowed'
const shedding = (level: 'models' | 'openings', skipped: object): ShedReport => ({
  load: { level, sinceMs: START_MS, why },
  skipped: { ...nothing, ...skipped },
})

describe('shed load', () => {
  it('is one story that says from when to when, how far, why and what was left undone', () => {
    const spells = new ShedSpells('eth0')
    expect(spells.report(calm, null, START_MS - 1000)).toEqual([])
    const first = shedding('models', { payloads: 1204, scores: 10 })
    const [begun] = spells.report(first, calm, START_MS + 1000)
    expect(begun).toMatchObject({ kind: 'health.load-shed', family: 'health', isFinal: false })
    const second = shedding('models', { payloads: 1204, scores: 12_012 })
    expect(spells.report(second, first, START_MS + 2000)).toEqual([])
    const [ended] = spells.report({ ...calm, skipped: second.skipped }, second, START_MS + 9000)
    expect(ended).toMatchObject({
      ...{ id: begun!.id, severity: 3, count: 13_216, isFinal: true, attacker: null },
      ...{ firstSeenUs: START_MS * 1000, lastSeenUs: (START_MS + 9000) * 1000 },
      summary:
        'Partly blind on eth0 from 10:00:00 to 10:00:09: load shed down to models (102 % of a ' +
        'processor, 90 % allowed): 1,204 payloads not read, 12,012 flows not scored',
    })
    expect(ended!.reasons).toContainEqual(
      expect.objectContaining({ feature: 'scores', value: 12_012 }),
    )
    expect(spells.report(calm, calm, START_MS + 10_000)).toEqual([])
  })

  it('is told again at once when it goes further, and weighs more when flows go unseen', () => {
    const spells = new ShedSpells('eth0')
    const models = shedding('models', { scores: 1 })
    spells.report(models, calm, START_MS + 1000)
    const openings = shedding('openings', { scores: 5, openings: 7 })
    const [told] = spells.report(openings, models, START_MS + 2000)
    expect(told).toMatchObject({ severity: 4, isFinal: false, count: 12 })
    expect(told!.summary).toMatch(/ and still: load shed down to openings .* ignored$/)
  })

  it('that lasts is told ever more seldom', () => {
    const spells = new ShedSpells('eth0')
    let before = calm
    let tellings = 0
    for (let second = 1; second <= 3600; second += 1) {
      const now = shedding('models', { scores: second * 10 })
      tellings += spells.report(now, before, START_MS + second * 1000).length
      before = now
    }
    expect(tellings).toBeLessThan(20)
  })

  it('is not missed when it began and ended between two reports', () => {
    const [told] = new ShedSpells('eth0').report(
      { ...calm, skipped: { ...nothing, payloads: 3 } },
      calm,
      START_MS,
    )
    expect(told).toMatchObject({ isFinal: true, count: 3 })
    expect(told!.summary).toMatch(/load shed down to applications \(a brief peak\): 3 payloads/)
  })

  it('ends with the sensor that shed it, and its counts begin anew', () => {
    const spells = new ShedSpells('eth0')
    const first = shedding('models', { scores: 40 })
    spells.report(first, null, START_MS + 1000)
    expect(spells.end()).toMatchObject([{ isFinal: true, count: 40 }])
    expect(spells.end()).toEqual([])
    spells.report(shedding('models', { scores: 2 }), null, START_MS + 5000)
    expect(spells.end()[0]).toMatchObject({ isFinal: true, count: 2 })
  })
})
