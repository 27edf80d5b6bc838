import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatCef } from '../../../../../src/forward/formats/cef.ts'
import { ecsDocument, formatEcs } from '../../../../../src/forward/formats/ecs.ts'
import { FLOW_PLACES } from '../../../../../src/forward/formats/flow/places.ts'
import { syslogMessage } from '../../../../../src/forward/formats/syslog/message.ts'
import type { Flow } from '../../../../../src/flow/flow.ts'
import { parseCef } from '../../../../support/delivery/cef-parser.ts'
import { assertEcs } from '../../../../support/delivery/ecs-schema.ts'
import { FLOWS, outgoing } from '../../../../support/detection/flow-kinds.ts'
import { projectFolder } from '../../../../support/source-files.ts'

const context = { version: '0.1.0', hostname: 'web-1.example.org', cefVersion: '0' } as const
const parsed = (changes: Partial<Flow>) => parseCef(formatCef(outgoing(changes), context, 8192))
const golden = (path: string) => join(projectFolder, 'test/data', path)
const cases = Object.entries(FLOWS)

describe('a flow', () => {
  it.each(cases)('of %s is a line of CEF as its golden file says', async (name, changes) => {
    const line = formatCef(outgoing(changes), context, 8192)
    expect(parseCef(line)).toMatchObject({ signatureId: 'flow', name: 'Network flow', severity: 0 })
    await expect(`${line}\n`).toMatchFileSnapshot(golden(`cef/flow.${name}.cef`))
  })

  it.each(cases)('of %s is an ECS document as its golden file says', async (name, changes) => {
    const line = formatEcs(outgoing(changes), context)
    assertEcs(JSON.parse(line) as object)
    await expect(`${line}\n`).toMatchFileSnapshot(golden(`ecs/flow.${name}.ndjson`))
  })

  it('is a network flow that Kibana and Security find by the names of the schema', () => {
    expect(ecsDocument(outgoing(), context)).toMatchObject({
      event: { kind: 'event', category: ['network'], type: ['connection', 'end'], sequence: 7 },
      network: { community_id: '1:CwI60096ZvJw6LB3YIdnbu0dbjw=', transport: 'tcp', bytes: 5500 },
      source: { ip: '192.0.2.7', port: 40000, packets: 5 },
      destination: { ip: '10.0.0.5', port: 443, bytes: 5000 },
      picket: { previous_sequence: 6 },
    })
  })

  it('has the same id each time, and another than every other flow of this agent', () => {
    const ids = Array.from({ length: 1000 }, (_, number) => outgoing({}, number).id)
    expect(new Set(ids).size).toBe(1000)
    expect(outgoing({}, 7).id).toBe(ids[7])
    expect(ids[7]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  it('leaves counts that do not fit 32 bits to the custom numbers', () => {
    const { extension } = parsed(FLOWS['large']!)
    expect(extension).not.toHaveProperty('in')
    expect(extension).toMatchObject({ cn2: '5000000000', cn3: '6000000000000' })
    expect(parsed({}).extension).toMatchObject({ in: '500', out: '5000' })
  })

  it('keeps to a size without losing who, when, how much and its number', () => {
    const long = { facts: { ...FLOWS['http']!.facts!, uri: 'u'.repeat(5000) } } as Partial<Flow>
    const line = formatCef(outgoing(long), context, 900)
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(900)
    expect(parseCef(line).extension).toMatchObject({ src: '192.0.2.7', cn1: '7', in: '500' })
  })

  it('is told in a syslog message of the lowest severity', () => {
    const sender = { ...context, processId: 9, header: 'rfc5424', maxBytes: 8192 } as const
    const message = syslogMessage(outgoing(), sender).toString()
    expect(message).toMatch(/^<86>1 2026-01-05T10:00:02.5\d*Z web-1.example.org picket 9 flow \[/)
  })

  it('stays one line with the keys that are ours whatever the network says', () => {
    const text = fc
      .array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: 200 })
      .map((codes) => String.fromCharCode(...codes))
    fc.assert(
      fc.property(text, (said) => {
        const facts = { ...FLOWS['http']!.facts!, uri: said, host: said, userAgent: said }
        const { extension } = parsed({ facts })
        expect(extension).toMatchObject({ src: '192.0.2.7', dst: '10.0.0.5', dpt: '443' })
      }),
      { numRuns: 100 },
    )
  })
})

/** Another value for each member, so that what changes in CEF is where that member stands. */
const OTHERS: { readonly [Member in keyof Flow]-?: readonly Partial<Flow>[] } = {
  communityId: [{ communityId: '1:another' }],
  interface: [{ interface: 'eth9' }],
  ipVersion: [{}],
  originator: [{ originator: '192.0.2.99' }, { originator: '2001:db8::99' }],
  originatorPort: [{ originatorPort: 99 }],
  responder: [{ responder: '10.0.0.99' }, { responder: '2001:db8::98' }],
  responderPort: [{ responderPort: 99 }],
  protocol: [{ protocol: 17 }],
  vlan: [{ vlan: 9 }],
  startUs: [{ startUs: 1.7e15 }],
  endUs: [{ endUs: 1.8e15 }],
  originatorPackets: [{ originatorPackets: 99 }],
  responderPackets: [{ responderPackets: 99 }],
  originatorBytes: [{ originatorBytes: 99 }],
  responderBytes: [{ responderBytes: 99 }],
  originatorPayloadBytes: [{ originatorPayloadBytes: 99 }],
  responderPayloadBytes: [{ responderPayloadBytes: 99 }],
  originatorTcpFlags: [{ originatorTcpFlags: 99 }],
  responderTcpFlags: [{ responderTcpFlags: 99 }],
  retransmissions: [{ retransmissions: 99 }],
  handshakeRttUs: [{ handshakeRttUs: 99 }],
  connState: [{ connState: 'REJ' }],
  application: [{ application: 'ssh' }],
  facts: ['http', 'dns'].map((name) => ({ facts: FLOWS[name]!.facts! })),
  endReason: [{ endReason: 'rst' }],
  anomalyScore: [{ anomalyScore: 0.9 }],
  attackScore: [{ attackScore: 0.9 }],
  process: [FLOWS['tls']!, FLOWS['large']!].map(({ process }) => ({ process: process! })),
}

describe('the table of fields of flows', () => {
  const keysOf = (changes: Partial<Flow>) =>
    Object.entries(parsed(changes).extension).filter(([key]) => !/Label$|^msg$/.test(key))
  it.each(Object.entries(FLOW_PLACES))('says where CEF has %s', (member, { cef }) => {
    const before = new Map(keysOf({}))
    const found = OTHERS[member as keyof Flow].flatMap((changes) =>
      keysOf(changes).filter(([key, value]) => before.get(key) !== value),
    )
    const keys = [...new Set(found.map(([key]) => key))]
    expect(keys.sort()).toEqual(cef === '' ? [] : cef.split(', ').sort())
  })
})
