import { describe, expect, it } from 'vitest'
import { validateConfig } from '../../../src/config/index.ts'
import { BlockBudget, decide, policyFromConfig } from '../../../src/decide/index.ts'
import { detection } from '../../support/detections.ts'

function policy(changes: object) {
  return policyFromConfig(validateConfig({ policy: changes }, 'test').policy)
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
    ['an attacker who cannot be named', { attacker: null }, {}],
    ['too little severity', { severity: 5 }, {}],
    ['too little confidence', { confidence: 0.5 }, {}],
    ['a kind that merely begins alike', { kind: 'scanner.odd' }, {}],
  ])('does not block %s', (_, changes, more) => {
    const blocking = policy({ mode: 'block', blockWhen: [scanRule], ...more })
    expect(decide(detection(changes), blocking)).toMatchObject({ verdict: 'alert', target: null })
  })
})

describe('BlockBudget', () => {
  it('grants so many a minute, and more when the minute is over', () => {
    let nowMs = 0
    const budget = new BlockBudget(2, { nowMs: () => nowMs })
    expect([budget.take(), budget.take(), budget.take()]).toEqual([true, true, false])
    nowMs = 60_000
    expect(budget.take()).toBe(true)
  })
})
