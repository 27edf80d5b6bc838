import { describe, expect, it } from 'vitest'
import { formatCef } from '../../../../src/forward/formats/cef.ts'
import { PLACES } from '../../../../src/forward/formats/field-table.ts'
import type { Event } from '../../../../src/record/event.ts'
import { parseCef } from '../../../support/delivery/cef-parser.ts'
import { event, owner } from '../../../support/record.ts'

/** Another value for each member, so that what changes in CEF is where that member stands. */
const OTHERS: { readonly [Member in keyof Event]-?: readonly Partial<Event>[] } = {
  id: [{ id: '019b8d2a-0000-7000-8000-0000000000ff' }],
  sequence: [{ sequence: 99 }],
  previousSequence: [{ previousSequence: 98 }],
  revision: [{ revision: 99 }],
  agent: [{ agent: 'another' }],
  selfTest: [{ selfTest: '019b8d2a-0000-7000-8000-0000000000fe' }],
  interface: [{ interface: 'eth9' }],
  kind: [{ kind: 'flood.syn' }],
  family: [{ family: 'flood' }],
  severity: [{ severity: 9 }],
  confidence: [{ confidence: 0.5 }],
  verdict: [{ verdict: 'block' }],
  simulated: [{ simulated: true }],
  decision: [{ decision: 'another' }],
  attacker: [
    { attacker: '192.0.2.99' },
    { attacker: '2001:db8::99' },
    { attacker: '02:00:00:00:00:99' },
  ],
  victims: [
    { victims: ['10.0.0.99'] },
    { victims: ['2001:db8::98'] },
    { victims: ['02:00:00:00:00:98'] },
  ],
  host: [
    { host: '10.0.0.98', victims: [] },
    { host: '2001:db8::97', victims: [] },
    { host: '02:00:00:00:00:97', victims: [] },
  ],
  domain: [{ domain: 'example.org' }],
  firstSeen: [{ firstSeen: '2020-01-01T00:00:00Z' }],
  lastSeen: [{ lastSeen: '2030-01-01T00:00:00Z' }],
  count: [{ count: 99 }],
  summary: [{ summary: 'another' }],
  reasons: [{ reasons: [{ feature: 'another', value: 1, baseline: null, weight: 1 }] }],
  detectors: [{ detectors: ['another'] }],
  mitre: [{ mitre: ['T1595'] }],
  flows: [{ flows: ['1:another'] }],
  incident: [{ incident: 'another' }],
  process: [{ process: owner() }, { process: owner({ side: 'originator' }) }],
}

function keysOf(told: Event, cefVersion: '0' | '1'): Map<string, string | number> {
  const context = { version: '0.1.0', hostname: 'web-1', cefVersion }
  const { extension, signatureId, name, severity } = parseCef(formatCef(told, context, 65_000))
  return new Map<string, string | number>([
    ...Object.entries(extension).filter(([key]) => !key.endsWith('Label')),
    ['deviceEventClassId', signatureId],
    ['name', name],
    ['severity', severity],
  ])
}

describe('the table of fields', () => {
  const plain = event({ id: '019b8d2a-0000-7000-8000-000000000001' })
  it.each(Object.entries(PLACES))('says where CEF has %s', (member, { cef }) => {
    const found = new Set<string>()
    for (const changes of OTHERS[member as keyof Event]) {
      for (const cefVersion of ['0', '1'] as const) {
        // Victims are taken away from both where the host is to be seen.
        const before = keysOf('host' in changes ? { ...plain, victims: [] } : plain, cefVersion)
        const after = keysOf({ ...plain, ...changes }, cefVersion)
        for (const [key, value] of after) if (before.get(key) !== value) found.add(key)
      }
    }
    if (member === 'mitre') found.add('frameworkName')
    expect([...found].sort()).toEqual(cef.split(', ').sort())
  })
})
