/** Flows and self-tests on their way into Elasticsearch: each where it belongs, and nothing lost but what CEF cannot say. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { packagedFile } from '../../../src/core/files/package-root.ts'
import type { Flow } from '../../../src/flow/flow.ts'
import { ecsDocument, formatEcs } from '../../../src/forward/formats/ecs.ts'
import { syslogMessage } from '../../../src/forward/formats/syslog/message.ts'
import { esql } from '../../support/elastic/esql.ts'
import { kql } from '../../support/elastic/kql.ts'
import type { Source } from '../../support/elastic/ingest-document.ts'
import { NOW, shipped, stored } from '../../support/elastic/shipping.ts'
import { eventsOf, flowsOf } from '../../support/detection/event-kinds.ts'
import { FLOWS, outgoing } from '../../support/detection/flow-kinds.ts'
import { HOSTILE_VALUES } from '../../support/delivery/hostile-values.ts'
import { event } from '../../support/record.ts'

const context = { version: '0.1.0', hostname: 'web-1.example.org', processId: 811, maxBytes: 8192 }
const FLOW_INDEX = 'logs-picket.flow-default'
const NOW_MS = Date.parse('2026-01-05T12:00:00Z')
const queries = new Map(
  readFileSync(packagedFile('deploy/elastic/detection-rules.ndjson'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { name: string; query: string })
    .map(({ name, query }) => [name, query] as const),
)
const files = readdirSync(packagedFile('test/data/cef'))
const read = (file: string): string =>
  readFileSync(packagedFile(`test/data/${file}`), 'utf8').trimEnd()

/** A document as it is stored that many minutes before now. */
function arrived(minutesAgo: number, message: Parameters<typeof ecsDocument>[0]): Source {
  const document = ecsDocument(message, context) as Source
  const ingested = new Date(NOW_MS - minutesAgo * 60_000).toISOString()
  return { ...document, event: { ...(document['event'] as object), ingested } }
}

/** What CEF has no key for. */
const NOT_IN_CEF = [
  ...['network.iana_number', 'network.vlan', 'source.packets', 'destination.packets'],
  ...['dns.question.type', 'dns.response_code', 'http.response', 'tls.client.ja3', 'tls.server'],
  ...['picket.process', 'picket.flow.source_payload_bytes', 'picket.flow.source_tcp_flags'],
  ...['picket.flow.destination_payload_bytes', 'picket.flow.destination_tcp_flags'],
  ...['picket.flow.retransmissions', 'picket.flow.handshake_rtt_us', 'picket.flow.ja4'],
  ...['picket.flow.tls_version', 'picket.flow.icmp_type', 'picket.flow.icmp_code'],
]

/** Picket's own document without that, and with the milliseconds that CEF has. */
function asFarAsCefTells(own: Source): Source {
  const document = structuredClone(own)
  for (const path of NOT_IN_CEF) {
    const names = path.split('.')
    const place = names.slice(0, -1).reduce<Source | undefined>((inner, name) => {
      return inner?.[name] as Source | undefined
    }, document)
    delete place?.[names.at(-1)!]
  }
  const milliseconds = (time: unknown): string => `${String(time).slice(0, 23)}Z`
  const told = document['event'] as Source
  Object.assign(told, { start: milliseconds(told['start']), end: milliseconds(told['end']) })
  return {
    ...document,
    '@timestamp': milliseconds(document['@timestamp']),
    event: { ...told, ingested: NOW },
    tags: ['picket'],
  }
}

describe('flows', () => {
  it.each(flowsOf(files))(
    'come from CEF as Picket itself writes them, where flows are: %s',
    (file) => {
      const own = JSON.parse(read(`ecs/${file.replace(/cef$/, 'ndjson')}`)) as Source
      const { id, index, source } = stored('picket-cef', shipped(read(`cef/${file}`)))
      expect(source).toEqual(asFarAsCefTells(own))
      expect(index).toBe(FLOW_INDEX)
      expect(id).toBe(`${(own['event'] as Source)['id'] as string}-1`)
    },
  )

  it.each(Object.keys(FLOWS))('come from syslog with either header: %s', (name) => {
    const flow = outgoing(FLOWS[name])
    const own = JSON.parse(formatEcs(flow, context)) as Source
    for (const header of ['rfc5424', 'rfc3164'] as const) {
      const message = syslogMessage(flow, { ...context, header, cefVersion: '0' }).toString()
      expect(stored('picket-cef', shipped(message)).source).toEqual(asFarAsCefTells(own))
    }
  })

  it.each(flowsOf(files))('come from a file to where flows are: %s', (file) => {
    const line = read(`ecs/${file.replace(/cef$/, 'ndjson')}`)
    const { id, index, source } = stored('picket-ecs', shipped(line))
    const own = JSON.parse(line) as Source & { event: Source }
    expect(source).toEqual({ ...own, tags: ['picket'], event: { ...own.event, ingested: NOW } })
    expect([id, index]).toEqual([`${String(own.event['id'])}-1`, FLOW_INDEX])
  })

  it.each(eventsOf(files))('are not what events are taken for: %s', (file) => {
    expect(stored('picket-cef', shipped(read(`cef/${file}`))).index).toBeUndefined()
    const line = read(`ecs/${file.replace(/cef$/, 'ndjson')}`)
    expect(stored('picket-ecs', shipped(line)).index).toBeUndefined()
  })

  it.each(HOSTILE_VALUES)('let nothing that was typed become a field: %s', (_, value) => {
    const said = { ...FLOWS['http']!.facts, host: value, uri: value, userAgent: value }
    const facts = { ...said, method: value } as Flow['facts']
    const flow = outgoing({ ...FLOWS['http'], facts, interface: value })
    const own = JSON.parse(formatEcs(flow, context)) as Source
    const message = syslogMessage(flow, { ...context, header: 'rfc5424', cefVersion: '0' })
    const { index, source } = stored('picket-cef', shipped(message.toString()))
    expect(index).toBe(FLOW_INDEX)
    expect(source).toMatchObject({
      source: { ip: '192.0.2.7', port: 40000, bytes: 500 },
      destination: { ip: '10.0.0.5', port: 80, bytes: 5000 },
      event: { code: 'flow', dataset: 'picket.flow', sequence: 7 },
    })
    expect(Object.keys(source).sort()).toEqual(Object.keys({ ...own, tags: [] }).sort())
  })

  it('that cannot be read stay where such messages are looked for', () => {
    const whole = read('cef/flow.http.cef')
    const { index, source } = stored('picket-cef', shipped(whole.replace(' cn2=500', ' cn2=many')))
    expect(index).toBeUndefined()
    expect(source).toMatchObject({ event: { kind: 'pipeline_error', dataset: 'picket.event' } })
  })
})

describe('the rule about missing numbers of flows', () => {
  const missing = (documents: readonly object[]) =>
    esql(queries.get('Picket flow numbers that are missing')!, documents, NOW_MS)
  const sent = (minutesAgo: number, number: number) => arrived(minutesAgo, outgoing({}, number))

  it('names what the next flow names and nobody has, whatever number an event has', () => {
    const other = arrived(30, event({ sequence: 6, previousSequence: 5 }))
    const found = missing([sent(119, 4), sent(30, 5), other, sent(20, 7), sent(10, 8)])
    expect(found).toMatchObject([{ missing: 1, first: 6, last: 6 }])
  })

  it('waits five minutes for what is on its way', () => {
    expect(missing([sent(119, 4), sent(30, 5), sent(4, 7)])).toEqual([])
  })
})

describe('a self-test', () => {
  const decision = 'policy ordered a block, which was refused: 192.0.2.7 is a gateway'
  const guessed = { kind: 'bruteforce.ssh', family: 'bruteforce', severity: 9, decision } as const

  it.each([
    'Picket event that wakes somebody',
    'Picket brute force that succeeded',
    'Picket attacker at several hosts',
  ])('is nothing for the rule %s', (name) => {
    const fits = kql(queries.get(name)!)
    expect(fits(arrived(1, event(guessed)))).toBe(true)
    expect(fits(arrived(1, event({ ...guessed, selfTest: 'x' })))).toBe(false)
  })

  it('is no block that was refused', () => {
    const found = (one: Parameters<typeof event>[0]) =>
      esql(queries.get('Picket block that was refused')!, [arrived(1, event(one))], NOW_MS)
    expect(found(guessed)).toHaveLength(1)
    expect(found({ ...guessed, selfTest: 'x' })).toEqual([])
  })

  it('is in no panel of the dashboard that counts attacks or blocks', () => {
    const text = readFileSync(packagedFile('deploy/elastic/dashboard.ndjson'), 'utf8')
    const asked = [...text.matchAll(/query\\*":\\*"([^"\\]+)\\*",\\*"language/g)].map(
      ([, query]) => query!,
    )
    const about = asked.filter((query) => !query.startsWith('event.code: health.'))
    expect(about.length).toBeGreaterThanOrEqual(7)
    const denied = { verdict: 'block', severity: 9 } as const
    for (const query of about) {
      expect(kql(query)(arrived(1, event(denied))), query).toBe(true)
      expect(kql(query)(arrived(1, event({ ...denied, selfTest: 'x' }))), query).toBe(false)
    }
  })

  it('is told from an attack whichever way it comes', () => {
    const selfTest = '019b8d2a-0000-7000-8000-00000000000b'
    const sent = event({ selfTest, sequence: 7, previousSequence: 6 })
    const message = syslogMessage(sent, { ...context, header: 'rfc5424', cefVersion: '0' })
    for (const { source } of [
      stored('picket-cef', shipped(message.toString())),
      stored('picket-ecs', shipped(formatEcs(sent, context))),
    ]) {
      expect(source).toMatchObject({ event: { kind: 'event' }, picket: { self_test: selfTest } })
      expect(source['tags']).toContain('picket-self-test')
    }
  })
})
