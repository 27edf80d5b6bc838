import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ecsDocument, ecsFieldOf, formatEcs } from '../../../../src/forward/formats/ecs.ts'
import { ecsIndexTemplate } from '../../../../src/forward/formats/ecs-template.ts'
import { ECS_FIELDS } from '../../../../src/forward/formats/ecs-fields.ts'
import type { Event } from '../../../../src/record/event.ts'
import { assertEcs } from '../../../support/delivery/ecs-schema.ts'
import { eventOfEachKind } from '../../../support/detection/event-kinds.ts'
import { event, owner } from '../../../support/record.ts'
import { projectFolder } from '../../../support/source-files.ts'

const context = { version: '0.1.0', hostname: 'web-1.example.org' }
/** Halves of surrogate pairs and control characters included. */
const anyText = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1 })
  .map((codes) => String.fromCharCode(...codes))
const documentOf = (changes: Partial<Event>) => ecsDocument(event(changes), context)

describe('an ECS document', () => {
  it.each(eventOfEachKind().map((told) => [told.kind, told] as const))(
    'of %s is as its golden file says, and as the schema demands',
    async (kind, told) => {
      const line = formatEcs(told, context)
      assertEcs(JSON.parse(line) as object)
      await expect(`${line}\n`).toMatchFileSnapshot(
        join(projectFolder, `test/data/ecs/${kind}.ndjson`),
      )
    },
  )

  it('carries who owned the flow under the names that every query for processes uses', () => {
    const document = documentOf({ process: owner() })
    assertEcs(document)
    expect(document).toMatchObject({
      process: { pid: 812, name: 'sshd', executable: '/usr/sbin/sshd' },
      user: { name: 'root', id: '0' },
      related: { user: ['root'] },
    })
  })

  it('marks what a self-test made, and calls it no alert', () => {
    const selfTest = '019b8d2a-0000-7000-8000-0000000000fe'
    const document = documentOf({ selfTest })
    assertEcs(document)
    expect(document).toMatchObject({
      ...{ tags: ['picket-self-test'], picket: { self_test: selfTest }, event: { kind: 'event' } },
    })
  })

  it('names nobody where nobody can be named', () => {
    const document = documentOf({ attacker: null, victims: [], host: null, flows: [] })
    assertEcs(document)
    for (const name of ['source', 'destination', 'related', 'network']) {
      expect(document).not.toHaveProperty(name)
    }
  })

  it('gives an address that is none (a MAC, a range) as address alone, since Elasticsearch refuses it as ip', () => {
    const document = documentOf({ attacker: '02:00:00:00:00:07', victims: ['10.0.0.0/24'] })
    assertEcs(document)
    expect(document).toMatchObject({
      source: { address: '02:00:00:00:00:07' },
      destination: { address: '10.0.0.0/24' },
    })
    expect(document['related']).toBeUndefined()
  })

  it('keeps numbers and texts of reasons apart', () => {
    const reasons = [
      { feature: 'ports', value: 3, baseline: null, weight: 1 },
      { feature: 'state', value: 'S0', baseline: 'SF', weight: 0 },
    ]
    expect(documentOf({ reasons })).toMatchObject({
      picket: {
        reasons: [
          { feature: 'ports', value: 3, weight: 1 },
          { feature: 'state', text: 'S0', baseline_text: 'SF', weight: 0 },
        ],
      },
    })
  })

  it('is one line whose members no text of an attacker can add to, whatever it is', () => {
    const names = (document: object) => JSON.stringify(Object.keys(document))
    const plain = names(documentOf({ domain: 'x' }))
    fc.assert(
      fc.property(anyText, (text) => {
        const line = formatEcs(event({ domain: text, summary: text, decision: text }), context)
        expect(line).not.toMatch(/[\n\r\u2028\u202e\u0000-\u001f]/)
        expect(names(JSON.parse(line) as object)).toBe(plain)
      }),
    )
  })

  it('ends a text before Elasticsearch refuses the document for it', () => {
    const { message } = documentOf({ summary: '🚨'.repeat(20_000) })
    expect(Buffer.byteLength(message as string)).toBeLessThan(32_766)
  })
})

describe('ecsIndexTemplate', () => {
  it('gives the schema type of fields, and of ours what no later document can contradict', () => {
    const { template } = JSON.parse(ecsIndexTemplate()) as {
      template: { mappings: { date_detection: boolean; properties: object } }
    }
    expect(template.mappings).toMatchObject({
      date_detection: false,
      properties: {
        '@timestamp': { type: 'date' },
        source: { properties: { ip: { type: 'ip' }, address: { type: 'keyword' } } },
        event: { properties: { sequence: { type: 'long' }, module: { type: 'keyword' } } },
        picket: {
          properties: {
            victims: { type: 'keyword' },
            reasons: { properties: { value: { type: 'float' }, text: { type: 'keyword' } } },
          },
        },
      },
    })
  })
})

describe('ecsFieldOf', () => {
  it('names the fields of every member of an event', () => {
    expect(ecsFieldOf('attacker')).toBe('source.address, source.ip')
    for (const member of Object.keys(ECS_FIELDS)) {
      expect(ecsFieldOf(member as keyof Event)).not.toBe('')
    }
  })
})
