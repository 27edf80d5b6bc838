import { describe, expect, it } from 'vitest'
import { factsFrom } from '../../../../../src/flow/batch/stored/stored-facts.ts'
import { processFrom } from '../../../../../src/flow/batch/stored/stored-process.ts'
import type { Flow } from '../../../../../src/flow/flow.ts'
import { formatCef } from '../../../../../src/forward/formats/cef.ts'
import { formatEcs } from '../../../../../src/forward/formats/ecs.ts'
import { outgoingFlow } from '../../../../../src/forward/outgoing.ts'
import { SAMPLES, TOLD_ONLY } from '../../../../support/messages/application-samples.ts'
import { batchOf, flow, owner } from '../../../../support/record.ts'
import { seededRandom } from '../../../../support/seeded-random.ts'
import { overTcp, overUdp } from '../../../../support/messages/spoken/spoken-flow.ts'

const samples = SAMPLES.filter(({ application }) => !TOLD_ONLY.includes(application))
const spoken = samples.map(({ application, transport, port, said }) => {
  const { facts } = (transport === 'tcp' ? overTcp : overUdp)(said, { serverPort: port })
  return [application, facts!] as const
})
const AGENT = '019b8d2a-0000-7000-8000-00000000000a'
const context = { version: '0.1.0', hostname: 'web-1.example.org', cefVersion: '0' } as const

const formatted = (facts: unknown, process: unknown = null): string => {
  const stored = batchOf(flow({ facts, process } as Partial<Flow>)).flow(0)
  const message = outgoingFlow({ number: 1, recordedAtMs: 0, flow: stored }, AGENT)
  return formatCef(message, context, 8192) + formatEcs(message, context)
}

describe('facts that were stored with a flow', () => {
  it.each(spoken)('are given back as they were: %s', (_, facts) => {
    expect(factsFrom(JSON.parse(JSON.stringify(facts)))).toEqual(facts)
  })

  it.each([7, 'dns', [], [{ kind: 'dns' }], {}, { kind: 'toString' }, { kind: 'dns' }, true, null])(
    'are none in %j',
    (stored) => {
      expect(factsFrom(stored)).toBeNull()
    },
  )

  it.each(spoken)('are none where a member is of another shape: %s', (_, facts) => {
    for (const member of Object.keys(facts).filter((name) => name !== 'kind')) {
      expect(factsFrom({ ...facts, [member]: { length: 3 } })).toBeNull()
    }
  })

  it('lack what an earlier version did not read, and have nothing that none knows', () => {
    const [, dns] = spoken.find(([application]) => application === 'dns')!
    const earlier = { ...dns, ednsPayloadBytes: undefined, more: 1 }
    expect(factsFrom(JSON.parse(JSON.stringify(earlier)))).toEqual({
      ...dns,
      ednsPayloadBytes: null,
    })
  })

  it('never keep a flow from its sink, whatever a taken over sensor or a damaged log makes of them', () => {
    const random = seededRandom(11)
    const odd = [null, 7, '', 'x', true, [], {}, [null], [{ value: [] }], { length: 5 }]
    for (let round = 0; round < 2_000; round += 1) {
      const [, facts] = spoken[random(spoken.length)]!
      const members = Object.keys(facts)
      const damaged = { ...facts, [members[random(members.length)]!]: odd[random(odd.length)] }
      const process = {
        ...owner(),
        [['pid', 'user', 'since'][random(3)]!]: odd[random(odd.length)],
      }
      expect(formatted(damaged, process)).toContain('10.0.0.5')
    }
    for (const stored of odd) expect(formatted(stored, stored)).toContain('10.0.0.5')
  })
})

describe('a process that was stored with a flow', () => {
  it('is given back as it was, and is none where it is of another shape', () => {
    expect(processFrom({ ...owner() })).toEqual(owner())
    expect(processFrom({ ...owner(), side: 'both' })).toBeNull()
    expect(processFrom({ ...owner(), command: 7 })).toBeNull()
    expect(processFrom('sshd')).toBeNull()
  })
})
