/** The ingest pipelines for Elasticsearch, run on what the agent really sends. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { packagedFile } from '../../../src/core/files/package-root.ts'
import { formatEcs } from '../../../src/forward/formats/ecs.ts'
import { syslogMessage } from '../../../src/forward/formats/syslog/message.ts'
import { heartbeat } from '../../../src/forward/delivery/heartbeat.ts'
import { assertEcs } from '../../support/delivery/ecs-schema.ts'
import { assertPipeline } from '../../support/elastic/ingest-pipeline.ts'
import type { Source } from '../../support/elastic/ingest-document.ts'
import { cutWords } from '../../support/elastic/snake-yaml.ts'
import { NOW, PIPELINES, shipped, stored } from '../../support/elastic/shipping.ts'
import { eventOfEachKind, eventsOf } from '../../support/detection/event-kinds.ts'
import { HOSTILE_VALUES } from '../../support/delivery/hostile-values.ts'
import { event, owner } from '../../support/record.ts'

function without(object: Source, ...names: readonly string[]): Source {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)))
}

/** What CEF leaves out or rounds, taken out of Picket's own document or rounded as there. */
function asFarAsCefTells(document: Source): Source {
  const {
    picket,
    event: told,
    process,
    ...rest
  } = structuredClone(document) as Record<string, Source>
  const milliseconds = (time: unknown): string => `${String(time).slice(0, 23)}Z`
  const { reasons } = picket!
  const texts = (
    reasons as
      | {
          feature: string
          value?: number
          text?: string
          baseline?: number
          baseline_text?: string
        }[]
      | undefined
  )?.map(({ feature, value, text, baseline, baseline_text: usual }) => {
    const usually = baseline ?? usual
    return `${feature} ${value ?? text}${usually === undefined ? '' : ` (usual ${usually})`}`
  })
  return {
    ...rest,
    tags: ['picket'],
    ...(process === undefined ? {} : { process }),
    '@timestamp': milliseconds(document['@timestamp']),
    event: {
      ...told,
      ingested: NOW,
      start: milliseconds(told!['start']),
      end: milliseconds(told!['end']),
    },
    picket: {
      ...without(picket!, 'reasons', 'process'),
      ...(texts === undefined ? {} : { reason_text: texts }),
    },
  }
}

const context = { version: '0.1.0', hostname: 'web-1.example.org', processId: 811, maxBytes: 8192 }
const told = (changes: Parameters<typeof event>[0]) =>
  event({ sequence: 7, previousSequence: 6, revision: 2, ...changes })

const AUDIT_HEAD = `71:${'0123456789abcdef'.repeat(4)}`

function aHeartbeat() {
  const auditHead = { id: 71, hash: AUDIT_HEAD.slice(3) }
  const counters = { kernelDrops: 3, droppedFlows: 0, evictedFlows: 0, forgotten: 0, shed: 0 }
  const counts = { sent: 7, withheld: 0, heldBack: 0, rejected: 0, lost: 0, replaced: 0 }
  return heartbeat(
    { version: '0.1.0', uptimeSeconds: 7, auditHead, counters },
    { lastSent: 7, lastSequence: 9, ...counts },
    { agentId: '019b8d2a-0000-7000-8000-00000000000a', nowMs: Date.UTC(2026, 0, 5, 10) },
  )
}

/** Headers do not look at more of an event than its family shapes. */
const ofEachFamily = [...new Map(eventOfEachKind().map((one) => [one.family, one])).values()]

describe('the pipeline for CEF', () => {
  it('is one that Elasticsearch takes', () => {
    for (const name of ['picket-cef', 'picket-cef-event', 'picket-cef-flow']) {
      expect(() => assertPipeline(PIPELINES[name]!)).not.toThrow()
    }
  })

  const folder = packagedFile('test/data/cef')
  it.each(eventsOf(readdirSync(folder)))(
    'makes of %s what Picket itself writes of the event',
    (file) => {
      const line = readFileSync(join(folder, file), 'utf8').trimEnd()
      const own = readFileSync(
        packagedFile(`test/data/ecs/${file.replace(/cef$/, 'ndjson')}`),
        'utf8',
      )
      const { id, source } = stored('picket-cef', shipped(line))
      expect(source).toEqual(asFarAsCefTells(JSON.parse(own) as Source))
      expect(id).toBe('019b8d2a-0000-7000-8000-000000000001-2')
    },
  )

  it.each([
    ['RFC 5424', { header: 'rfc5424', cefVersion: '0' }],
    ['RFC 3164', { header: 'rfc3164', cefVersion: '0' }],
    ['RFC 5424 and CEF:1', { header: 'rfc5424', cefVersion: '1' }],
  ] as const)('reads messages with the header of %s', (_, form) => {
    for (const sent of ofEachFamily) {
      const message = syslogMessage(sent, { ...context, ...form }).toString()
      const own = JSON.parse(formatEcs(sent, context)) as Source
      expect(stored('picket-cef', shipped(message)).source).toEqual(asFarAsCefTells(own))
    }
  })

  it.each(HOSTILE_VALUES)('lets nothing that was typed become a field: %s', (_, value) => {
    const process = owner({ executable: `/tmp/${value}`, command: value, user: value })
    const reasons = [{ feature: 'state', value, baseline: value, weight: 1 }]
    const typed = { summary: value, domain: value, decision: value, incident: value, process }
    const hostile = told({ ...typed, reasons, interface: value })
    const own = JSON.parse(formatEcs(told({ ...typed, process: owner() }), context)) as Source
    for (const header of ['rfc5424', 'rfc3164'] as const) {
      const message = syslogMessage(hostile, { ...context, header, cefVersion: '0' }).toString()
      const { id, source } = stored('picket-cef', shipped(message))
      expect(source).toMatchObject({
        source: { ip: '192.0.2.7' },
        destination: { ip: '10.0.0.5' },
        event: { code: 'scan.vertical.syn', severity: 6, sequence: 7, action: 'alert' },
      })
      expect(source['message']).toBe(String(own['message']).trim())
      const names = Object.keys({ ...own, tags: [] }).sort()
      expect(Object.keys(source).sort()).toEqual(names)
      expect(id).toBe(`${hostile.id}-2`)
    }
  })

  it('has the audit head of a heartbeat, also of one that has to be short', () => {
    for (const maxBytes of [8192, 1024]) {
      const sender = { ...context, maxBytes, header: 'rfc5424', cefVersion: '0' } as const
      const { source } = stored(
        'picket-cef',
        shipped(syslogMessage(aHeartbeat(), sender).toString()),
      )
      const own = JSON.parse(formatEcs(aHeartbeat(), context)) as Source
      expect(own).toMatchObject({ picket: { audit_head: AUDIT_HEAD } })
      expect(source).toMatchObject({ picket: { audit_head: AUDIT_HEAD } })
    }
  })

  it('gives an address that is none as address alone', () => {
    const odd = told({ attacker: '02:00:00:00:00:07', victims: ['10.0.0.0/24', '10.0.0.9'] })
    const message = syslogMessage(odd, { ...context, header: 'rfc5424', cefVersion: '0' })
    const { source } = stored('picket-cef', shipped(message.toString()))
    expect(source).toMatchObject({
      source: { address: '02:00:00:00:00:07' },
      related: { ip: ['10.0.0.9'] },
      picket: { victims: ['10.0.0.0/24', '10.0.0.9'] },
    })
    expect(source['source']).not.toHaveProperty('ip')
    const said = without(source['event'] as Source, 'ingested')
    assertEcs({ ...without(source, 'tags'), event: said })
  })

  it.each([
    [
      'another program that was made to say it',
      '<38>1 2026-01-05T10:00:08Z web-1 sshd 9 - - Invalid user CEF:0|Picket|Picket|0|scan|Scan|9|src=203.0.113.66',
    ],
    [
      'the same with the header of old',
      '<38>Jan  5 10:00:08 web-1 sshd[9]: Invalid user CEF:0|Picket|Picket|0|scan|Scan|9|src=203.0.113.66',
    ],
    ['another product', 'CEF:0|Evil|Evil|1|scan|Scan|9|src=203.0.113.66'],
    ['half a message', 'CEF:0|Picket|Picket|0.1.0|scan'],
  ])('keeps what it cannot read as it came, and says so: %s', (_, message) => {
    const { source } = stored('picket-cef', shipped(message))
    expect(source).toMatchObject({
      event: { kind: 'pipeline_error', module: 'picket', original: message },
    })
    expect(JSON.stringify(source['error'])).toContain('grok')
    expect(source).not.toHaveProperty('source')
  })
})

describe('every pipeline', () => {
  const folder = packagedFile('deploy/elastic')
  const files = readdirSync(folder).filter((file) => file.endsWith('.yml'))

  it.each(files)('is YAML that Elasticsearch reads whole: %s', (file) => {
    expect(cutWords(readFileSync(join(folder, file), 'utf8'))).toEqual([])
  })
})

describe('the pipeline for files', () => {
  it('is one that Elasticsearch takes', () => {
    expect(() => assertPipeline(PIPELINES['picket-ecs']!)).not.toThrow()
  })

  it.each(HOSTILE_VALUES)(
    'gives each line as Picket wrote it, whatever it holds: %s',
    (_, value) => {
      const line = formatEcs(told({ summary: value, domain: value, decision: value }), context)
      const { id, source } = stored('picket-ecs', shipped(line))
      const own = JSON.parse(line) as Source & { event: object; picket: { revision: number } }
      expect(source).toEqual({ ...own, tags: ['picket'], event: { ...own.event, ingested: NOW } })
      expect(id).toBe(`${(own.event as { id: string }).id}-2`)
    },
  )

  it.each(['{"event":{"module":"other"}}', '[]', 'no JSON', '{"event":'])(
    'keeps %s as it came, and says so',
    (line) => {
      expect(stored('picket-ecs', shipped(line)).source).toMatchObject({
        event: { kind: 'pipeline_error', original: line },
      })
    },
  )
})
