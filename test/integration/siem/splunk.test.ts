/** The Splunk add-on: its very regexes on what the agent sends, and its alert action against a running API. */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { eventsOf } from '../../support/detection/event-kinds.ts'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { packagedFile } from '../../../src/core/files/package-root.ts'
import { formatCef } from '../../../src/forward/formats/cef.ts'
import { formatEcs } from '../../../src/forward/formats/ecs.ts'
import { servedApi } from '../../support/api/api-server.ts'
import { makeAuthority } from '../../support/certificates.ts'
import { parseCef } from '../../support/delivery/cef-parser.ts'
import { startHttpCollector } from '../../support/delivery/http-collector.ts'
import { HOSTILE_VALUES } from '../../support/delivery/hostile-values.ts'
import { event, story, temporaryFolder } from '../../support/record.ts'
import { cellText, type Row } from '../../support/siem/expression.ts'
import { spl } from '../../support/siem/spl.ts'
import {
  ADD_ON,
  bothSearched,
  extracted,
  PROPS,
  stanzas,
  tagsOf,
  TRANSFORMS,
} from '../../support/siem/splunk-add-on.ts'

const hours = <Item>(make: (hour: number) => Item): Item[] =>
  Array.from({ length: 24 }, (_, hour) => make(hour))

const LINE_ENDS: Readonly<Record<string, string>> = { n: '\n', r: '\r' }
const unescaped = (value: string): string =>
  value.replace(/\\(.)/g, (_, escaped: string) => LINE_ENDS[escaped] ?? escaped)

function expectAsParsed(cef: string): void {
  const fields = extracted(`<134>1 2026-01-05T10:00:08Z web-1 picket 811 - - ${cef}`)
  const { signatureId, name, severity, extension } = parseCef(cef)
  const { signature_id, signature, cef_severity, picket_version, ...rest } = fields
  expect(picket_version).toMatch(/^\d/)
  expect({ signature_id, signature, cef_severity }).toEqual({
    ...{ signature_id: signatureId, signature: name, cef_severity: String(severity) },
  })
  expect(Object.keys(rest).sort()).toEqual(Object.keys(extension).sort())
  for (const [key, value] of Object.entries(rest)) expect(unescaped(value)).toBe(extension[key])
}

describe('the extractions', () => {
  const folder = packagedFile('test/data/cef')
  it.each(readdirSync(folder))('read %s as a strict parser does', (file) => {
    expectAsParsed(readFileSync(join(folder, file), 'utf8').trimEnd())
  })

  it.each(HOSTILE_VALUES)('let nothing that was typed become a field: %s', (_, value) => {
    const { event } = story({ summary: value, domain: value, decision: value })
    const told = { ...event, sequence: 7, previousSequence: 6, revision: 1 }
    const context = { version: '0.1.0', hostname: 'web-1', cefVersion: '0' as const }
    expectAsParsed(formatCef(told, context, 8192))
  })

  it('name only transforms that are there, and fields that come out of them', () => {
    const cef = PROPS['picket:cef']!
    for (const [key, value] of Object.entries(cef)) {
      if (key.startsWith('REPORT-')) expect(TRANSFORMS).toHaveProperty(value)
    }
    const keys = new Set(
      Object.keys(extracted(readFileSync(join(folder, 'scan.vertical.syn.cef'), 'utf8'))),
    )
    for (const key of ['externalId', 'cn1', 'src', 'dst', 'cat', 'act', 'dvchost', 'cs1', 'msg']) {
      expect(keys).toContain(key)
      expect(Object.values(cef).join(' ')).toContain(key)
    }
  })
})

const COMMON_FIELDS =
  'action agent_id app category change_type confidence decision description dest dvc event_id id ids_type object object_category previous_sequence process revision sequence severity severity_id signature signature_id simulated src status type user vendor_product victims'.split(
    ' ',
  )
/** What a data model cannot do without, by the tag that puts an event into it. */
const MODELS: Readonly<Record<string, readonly string[]>> = {
  attack: ['action', 'category', 'dvc', 'ids_type', 'severity', 'signature', 'vendor_product'],
  alert: ['app', 'description', 'id', 'severity', 'signature', 'type'],
  communicate: ['action', 'src', 'dest', 'dvc', 'vendor_product'],
  change: ['action', 'change_type', 'dvc', 'object', 'object_category', 'status'],
}

describe('the fields of the Common Information Model', () => {
  const kinds = eventsOf(readdirSync(packagedFile('test/data/cef'))).map((file) =>
    file.replace('.cef', ''),
  )
  const bothOf = (kind: string): readonly [Row, Row] => {
    const read = (file: string) => readFileSync(packagedFile(`test/data/${file}`), 'utf8').trimEnd()
    return bothSearched(read(`cef/${kind}.cef`), read(`ecs/${kind}.ndjson`))
  }

  it.each(kinds)('are the same of %s, as CEF and as ECS', (kind) => {
    const [cef, ecs] = bothOf(kind)
    const shown = (row: Row) =>
      Object.fromEntries(COMMON_FIELDS.map((name) => [name, cellText(row[name])]))
    expect(shown(cef)).toEqual(shown(ecs))
  })

  it('have the audit head of a heartbeat in both', () => {
    const head = `71:${'0123456789abcdef'.repeat(4)}`
    const told = (feature: string, value: string | number) => ({
      feature,
      value,
      baseline: null,
      weight: 0,
    })
    const beat = event({
      ...{ kind: 'health.heartbeat', family: 'health' },
      reasons: [told('auditHead', head), told('lastSent', 7), told('version', '0.1.0')],
    })
    const context = { version: '0.1.0', hostname: 'web-1', cefVersion: '0' } as const
    const both = bothSearched(formatCef(beat, context, 8192), formatEcs(beat, context))
    for (const row of both) expect(row).toMatchObject({ audit_head: head })
  })

  it.each(Object.entries(MODELS))('are all there for what has the tag %s', (tag, needed) => {
    const tagged = kinds.flatMap(bothOf).filter((row) => tagsOf(row).includes(tag))
    expect(tagged.length).toBeGreaterThan(0)
    for (const row of tagged) for (const name of needed) expect(row, tag).toHaveProperty(name)
  })
})

describe('the saved searches', () => {
  const NOW = 1_767_614_400
  const saved = stanzas('savedsearches.conf')
  const run = (name: string, events: readonly Row[]) =>
    spl(saved[`Picket - ${name}`]!['search']!, events, NOW)
  const sent = (minutesAgo: number, changes: Row): Row => ({
    ...{ sourcetype: 'picket:ecs', agent_id: 'a', dvc: 'web-1', signature_id: 'scan.vertical.syn' },
    ...{ _time: NOW - minutesAgo * 60, _indextime: NOW - minutesAgo * 60, ...changes },
  })
  const beat = (minutesAgo: number, number: number, changes: Row = {}): Row => {
    const numbers = { sequence: number, previous_sequence: number }
    return sent(minutesAgo, { signature_id: 'health.heartbeat', ...numbers, ...changes })
  }
  const numbered = (minutesAgo: number, sequence: number, previous: number): Row =>
    sent(minutesAgo, { sequence, previous_sequence: previous })

  it.each([
    ['where all is there', [numbered(30, 5, 0), numbered(20, 6, 5), beat(8, 6)], []],
    ['where one is missing', [numbered(30, 5, 0), numbered(20, 7, 6)], [{ missing: 1, first: 6 }]],
    ['where the last one is missing', [numbered(30, 5, 0), beat(20, 6)], [{ first: 6, last: 6 }]],
    ['where one may be on its way', [numbered(30, 5, 0), beat(4, 6)], []],
    [
      'of an agent that said nothing all day but that it lives',
      hours((hour) => beat(hour * 60 + 59, 3)),
      [],
    ],
  ])('tell missing numbers right %s', (_, events, found) => {
    expect(run('numbers that are missing', events)).toMatchObject(found)
    expect(run('numbers that are missing', events)).toHaveLength(found.length)
  })

  it('tell of an agent that is silent, not of the others', () => {
    const found = run('silent agents', [
      beat(4, 1),
      beat(6, 1, { agent_id: 'gone' }),
      beat(9, 1, { agent_id: 'replaying' }),
      sent(1, { agent_id: 'replaying' }),
      sent(9, { agent_id: 'without heartbeats' }),
    ])
    expect(found).toMatchObject([{ agent_id: 'gone' }])
  })

  const headed = (minutesAgo: number, head: string, changes: Row = {}): Row =>
    beat(minutesAgo, 1, { audit_head: head, ...changes })

  it.each([
    [
      'that grows',
      [headed(30, '7:aa'), headed(20, '9:bb'), headed(20, '9:bb'), headed(2, '9:bb')],
      0,
    ],
    ['that was cut', [headed(30, '9:bb'), headed(2, '7:aa')], 1],
    ['that was cut and grew again', [headed(30, '9:bb'), headed(20, '7:aa'), headed(2, '9:cc')], 1],
    [
      'of another host',
      [headed(30, '9:bb'), headed(2, '7:aa', { agent_id: 'b', dvc: 'web-2' })],
      0,
    ],
  ])('tell of an audit trail that was cut, whatever it says: one %s', (_, events, found) => {
    expect(run('audit trail that was cut or written anew', events)).toHaveLength(found)
  })

  it('tell of clones, which share one identity', () => {
    const events = [
      beat(4, 1),
      beat(4, 2, { dvc: 'web-2' }),
      beat(4, 2, { agent_id: 'b', dvc: 'web-3' }),
    ]
    expect(run('agents that share an identity', events)).toMatchObject([
      { agent_id: 'a', dvc: ['web-1', 'web-2'] },
    ])
  })

  it('tell of blocks that were refused', () => {
    const decision = 'policy ordered a block, which was refused: 192.0.2.7 is a gateway'
    const events = [
      sent(1, { decision, event_id: 'e', src: '192.0.2.7' }),
      sent(1, { decision: 'on the allowlist', event_id: 'f', src: '192.0.2.8' }),
    ]
    expect(run('blocks that were refused', events)).toMatchObject([
      { event_id: 'e', decision: [decision] },
    ])
  })
})

it('every tag belongs to an event type that is there', () => {
  const types = stanzas('eventtypes.conf')
  for (const name of Object.keys(stanzas('tags.conf'))) {
    expect(types).toHaveProperty(name.replace('eventtype=', ''))
  }
})

describe('the alert action', () => {
  async function act(configuration: object): Promise<{ code: number | null; told: string }> {
    const child = spawn('python3', [join(ADD_ON, 'bin/picket_block.py'), '--execute'])
    let told = ''
    child.stderr.on('data', (chunk: Buffer) => (told += chunk.toString()))
    child.stdin.end(JSON.stringify({ sid: 'scheduler__7', configuration }))
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
    return { code, told }
  }

  it('orders a block once however often it runs, and says why one is refused', async () => {
    const api = await servedApi()
    const tokenFile = join(await temporaryFolder(), 'token')
    writeFileSync(tokenFile, `${await api.token(['read', 'block'])}\n`)
    const order = { url: api.url, token_file: tokenFile, ttl_seconds: '600', reason: 'a search' }
    for (let round = 0; round < 2; round += 1) {
      expect(await act({ ...order, target: '203.0.113.9' })).toMatchObject({ code: 0 })
    }
    const { items } = api.record.blocks.list({ limit: 10 })
    expect(items).toMatchObject([{ target: '203.0.113.9', reason: 'a search' }])
    const [refused, wrong, nowhere] = await Promise.all([
      act({ ...order, target: '127.0.0.1' }),
      act({ ...order, target: 'not an address' }),
      act({ ...order, target: '203.0.113.9', url: 'http://127.0.0.1:1' }),
    ])
    expect(refused).toMatchObject({ code: 2 })
    expect(refused.told).toContain('loopback')
    expect(wrong).toMatchObject({ code: 2 })
    expect(nowhere).toMatchObject({ code: 3 })
  })

  it('has a token for each agent, and none for a host that a forged event names', async () => {
    const api = await servedApi()
    const folder = await temporaryFolder()
    writeFileSync(join(folder, '127.0.0.1'), await api.token(['block']))
    const order = { token_file: folder, target: '203.0.113.9' }
    expect(await act({ ...order, url: api.url })).toMatchObject({ code: 0 })
    for (const host of ['localhost', '[::1]', '..', '%2e%2e']) {
      const url = api.url.replace('127.0.0.1', host)
      expect(await act({ ...order, url }), url).toMatchObject({ code: 2 })
    }
  })

  it('gives nothing to who shows a certificate of another authority, and none at all where it redirects', async () => {
    const folder = await temporaryFolder()
    const ca = await makeAuthority(folder, 'Operations')
    const certificate = await ca.issue('host', 'IP:127.0.0.1')
    const impostor = await startHttpCollector({
      certificate,
      answer: () => ({ status: 200, body: {} }),
    })
    const tokenFile = join(folder, 'token')
    writeFileSync(tokenFile, 'pkt_x_y')
    const order = { token_file: tokenFile, target: '203.0.113.9' }
    const unnamed = await act({ ...order, url: impostor.url })
    expect(unnamed).toMatchObject({
      code: 2,
      told: expect.stringContaining('ca_file is empty') as string,
    })
    const { caFile } = await makeAuthority(await temporaryFolder(), 'Another')
    expect(await act({ ...order, url: impostor.url, ca_file: caFile })).toMatchObject({ code: 3 })
    expect(impostor.asked).toEqual([])
    const thief = await startHttpCollector({ answer: () => ({ status: 200, body: {} }) })
    const location = `${thief.url}/v1/blocks`
    const led = await startHttpCollector({
      answer: () => ({ status: 302, headers: { location }, body: '' }),
    })
    expect(await act({ ...order, url: led.url })).toMatchObject({ code: 2 })
    expect(thief.asked).toEqual([])
  })

  it('may show a client certificate in the place of a token', async () => {
    const folder = await temporaryFolder()
    const ca = await makeAuthority(folder, 'Operations')
    const certificate = await ca.issue('host', 'IP:127.0.0.1')
    const own = await ca.issue('splunk', 'DNS:splunk.example.org')
    const body = { target: '203.0.113.9/32', state: 'active' }
    const agent = await startHttpCollector({
      ...{ certificate, clientCa: ca.caFile, answer: () => ({ status: 200, body }) },
    })
    const files = { certificate_file: own.certificateFile, key_file: own.keyFile }
    const order = { url: agent.url, ca_file: ca.caFile, target: '203.0.113.9', token_file: '' }
    expect(await act({ ...order, ...files })).toMatchObject({ code: 0 })
    expect(agent.asked[0]!.headers).not.toHaveProperty('authorization')
    expect(await act(order)).toMatchObject({ code: 2 })
  })
})
