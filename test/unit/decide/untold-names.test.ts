import { expect, test } from 'vitest'
import { unknownSubjects } from '../../../src/decide/index.ts'

const TOLD = {
  detectors: ['port-scan', 'ssh-bruteforce', 'sigma:door-knock'],
  kinds: ['scan.vertical.syn', 'bruteforce.ssh', 'web.attack', 'web.scan', 'policy.door-knock'],
}

const faultsOf = (rule: { detector?: string; kind?: string }): readonly string[] =>
  unknownSubjects(
    { blockWhen: [{ minSeverity: 7, minConfidence: 0.9, ttlSeconds: 60, ...rule }] },
    TOLD,
  )

test.each([
  [{}],
  [{ detector: 'port-scan', kind: 'scan' }],
  [{ detector: 'sigma:door-knock' }],
  [{ kind: 'policy.door-knock' }],
  [{ kind: 'scan.vertical' }],
  [{ kind: 'web.attack' }],
])('%j names what is told', (rule) => {
  expect(faultsOf(rule)).toEqual([])
})

test.each([
  [{ detector: 'portscan' }, 'blockWhen.0.detector is "portscan"', 'did you mean port-scan?'],
  [{ detector: 'sigma:door-nock' }, 'blockWhen.0.detector', 'did you mean sigma:door-knock?'],
  [{ detector: 'horoscope' }, 'blockWhen.0.detector', 'expected one that'],
  [{ kind: 'bruteforce.gopher' }, 'blockWhen.0.kind', 'expected one that'],
  [{ kind: 'bruteforce.shs' }, 'blockWhen.0.kind is "bruteforce.shs"', 'did you mean bruteforce.ssh?'], // prettier-ignore
  [{ kind: 'web.atack' }, 'blockWhen.0.kind', 'did you mean web.attack?'],
  [{ kind: 'scan.vertcal' }, 'blockWhen.0.kind', 'did you mean scan.vertical?'],
  [{ kind: 'web.attack.sql' }, 'blockWhen.0.kind', 'did you mean web.attack?'],
  [{ kind: 'web.horoscope' }, 'blockWhen.0.kind', 'expected one that'],
])('%j is told with what was meant', (rule, place, cure) => {
  const faults = faultsOf(rule)
  expect(faults).toHaveLength(1)
  expect(faults[0]).toContain(place)
  expect(faults[0]).toContain(cure)
})
