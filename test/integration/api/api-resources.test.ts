/** What can be asked of the agent besides events and blocks: streams, sums, rules, models, itself. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { components } from '../../../openapi/contract.d.ts'
import { packagedFile } from '../../../src/core/files/package-root.ts'
import { API_DEFAULTS, servedApi, type TestApi } from '../../support/api/api-server.ts'
import { TEN_OCLOCK_US } from '../../support/detection/detections.ts'
import { eventSource } from '../../support/delivery/event-source.ts'
import { batchOf, flow, owner, stories, story } from '../../support/record.ts'

type Schemas = components['schemas']

async function recordStories(
  api: TestApi,
  count: number,
  changes = {},
): Promise<Schemas['Event'][]> {
  const saved = await api.record.events.save(
    stories(count, () => changes),
    { forward: true },
  )
  api.recorded.beat()
  return [...saved]
}

describe('the stream of events', () => {
  test('brings what is recorded, as it is recorded, and goes on after the id that came last', async () => {
    const api = await servedApi()
    const token = await api.token(['read'])
    await recordStories(api, 2)
    const source = await eventSource(`${api.url}/v1/events/stream`, token)
    const first = source.next()
    const saved = await recordStories(api, 3)
    expect((await first)!.data).toEqual(saved[0])
    expect((await source.next())!.data).toEqual(saved[1])
    const last = (await source.next())!
    source.close()
    const missed = await recordStories(api, 2)
    const again = await eventSource(`${api.url}/v1/events/stream`, token, {
      'last-event-id': last.id,
    })
    expect((await again.next())!.data).toEqual(missed[0])
    expect((await again.next())!.data).toEqual(missed[1])
  })

  test('begins with the oldest for a client that is ahead: the log was begun anew', async () => {
    const api = await servedApi()
    const token = await api.token(['read'])
    const [oldest] = await recordStories(api, 2)
    for (const [path, headers] of [
      ['/v1/events/stream', { 'last-event-id': '99' }],
      ['/v1/events/stream?after=99', {}],
    ] as const) {
      const source = await eventSource(api.url + path, token, headers)
      expect((await source.next())!.data).toEqual(oldest)
      source.close()
    }
  })

  test('begins with the oldest where that is asked for, and leaves out what does not fit', async () => {
    const api = await servedApi()
    const token = await api.token(['read'])
    await recordStories(api, 250)
    const [grave] = await recordStories(api, 1, { severity: 9, kind: 'flood.syn', family: 'flood' })
    const source = await eventSource(
      `${api.url}/v1/events/stream?after=0&minSeverity=9&kind=flood`,
      token,
    )
    expect((await source.next())!.data).toEqual(grave)
  })

  test('ends when its token is revoked', async () => {
    const api = await servedApi()
    const token = await api.token(['read'])
    const source = await eventSource(`${api.url}/v1/events/stream`, token)
    const admin = await api.token(['admin'])
    await api.call('DELETE', `/v1/tokens/${token.split('_')[1]}`, { token: admin })
    const next = source.next()
    await recordStories(api, 1)
    expect(await next).toBeNull()
  })

  test('is not opened more often than configured, and a closed one makes room', async () => {
    const limits = { ...API_DEFAULTS.limits, streams: 1 }
    const api = await servedApi({ config: { limits } })
    const token = await api.token(['read'])
    const url = `${api.url}/v1/events/stream`
    const asked = await fetch(url, {
      method: 'HEAD',
      headers: { authorization: `Bearer ${token}` },
    })
    expect(asked.status).toBe(200)
    const source = await eventSource(url, token)
    const refused = await api.call('GET', '/v1/events/stream', { token })
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
    source.close()
    await expect.poll(() => eventSource(url, token).then(() => 'open', String)).toBe('open')
  })

  test('refuses an id that is none, and who may not read', async () => {
    const api = await servedApi()
    const token = await api.token(['read'])
    const headers = { 'last-event-id': 'yesterday' }
    const answer = await api.call('GET', '/v1/events/stream', { token, headers })
    expect([answer.status, (answer.body as Schemas['Problem']).errors![0]!.field]).toEqual([
      400,
      'Last-Event-ID',
    ])
    const other = await api.token(['block'])
    expect((await api.call('GET', '/v1/events/stream', { token: other })).status).toBe(403)
  })
})

describe('events', () => {
  test('are listed oldest first too, page by page, with nothing twice and nothing left out by inserts', async () => {
    const api = await servedApi()
    const token = await api.token(['read'])
    const saved = await recordStories(api, 25)
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const query: string = `order=oldest&limit=10${cursor === null ? '' : `&cursor=${cursor}`}`
      const { body } = await api.call('GET', `/v1/events?${query}`, { token })
      const page = body as Schemas['EventPage']
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor
      if (seen.length === 10) await recordStories(api, 3)
    } while (cursor !== null)
    expect(seen.filter((id) => saved.some((event) => event.id === id))).toEqual(
      saved.map(({ id }) => id),
    )
    const newest = await api.call('GET', '/v1/events?limit=1', { token })
    const { nextCursor } = newest.body as Schemas['EventPage']
    const mixed = await api.call('GET', `/v1/events?order=oldest&cursor=${nextCursor}`, { token })
    expect(mixed.status).toBe(400)
  })

  test('are found by words, in any order and case, and never by the names of fields', async () => {
    const api = await servedApi()
    const token = await api.token(['read'])
    const summary = '192.0.2.7 guesses SSH passwords: 50% of them for root_user'
    await api.record.events.save([story({ summary }), story()], { forward: true })
    const found = async (q: string): Promise<number> => {
      const { body } = await api.call('GET', `/v1/events?q=${encodeURIComponent(q)}`, { token })
      return (body as Schemas['EventPage']).items.length
    }
    expect(await found('PASSWORDS ssh')).toBe(1)
    expect(await found('TRIED')).toBe(1)
    expect(await found('50%')).toBe(1)
    expect(await found('root_user')).toBe(1)
    expect(await found('rootxuser')).toBe(0)
    expect(await found('firstSeen')).toBe(0)
    expect(await found("'); DROP TABLE events; --")).toBe(0)
  })
})

describe('flows', () => {
  const tls = (sni: string, ja4: string) =>
    ({ kind: 'tls', version: 'TLS 1.3', sni, ja4 }) as unknown as ReturnType<typeof flow>['facts']
  const JA4 = 't13d1516h2_8daaf6152771_02713d6af862'

  async function served() {
    const api = await servedApi()
    api.record.flows.append(
      batchOf(
        flow({ process: owner(), facts: tls('www.example.org', JA4) }),
        flow({
          responderPort: 22,
          application: 'ssh',
          startUs: TEN_OCLOCK_US + 90e6,
          endUs: TEN_OCLOCK_US + 91e6,
        }),
        flow({
          originator: '2001:db8::7',
          responder: '2001:db8::5',
          ipVersion: 6,
          originatorBytes: 50_000,
        }),
      ),
    )
    await api.record.flows.flush()
    const token = await api.token(['read'])
    const get = async <Body>(path: string) => (await api.call('GET', path, { token })).body as Body
    return { get, call: (path: string) => api.call('GET', path, { token }) }
  }

  test('are found by process, JA4 and domain', async () => {
    const { get } = await served()
    const count = async (query: string): Promise<number> =>
      (await get<Schemas['FlowPage']>(`/v1/flows?${query}`)).items.length
    expect(await count('process=sshd')).toBe(1)
    expect(await count('process=/usr/sbin/sshd')).toBe(1)
    expect(await count('process=ssh.service')).toBe(1)
    expect(await count('process=812')).toBe(1)
    expect(await count('process=81')).toBe(0)
    expect(await count(`ja4=${JA4}`)).toBe(1)
    expect(await count(`ja4=${JA4.replace('t13', 't12')}`)).toBe(0)
    expect(await count('domain=example.org')).toBe(1)
    expect(await count('domain=WWW.example.org.')).toBe(1)
    expect(await count('domain=ample.org')).toBe(0)
    expect(await count('address=2001:db8::/32&protocol=tcp')).toBe(1)
  })

  const span = 'from=2026-01-05T10:00:00Z&to=2026-01-05T11:00:00Z'

  test('are summed by who spoke most', async () => {
    const { get, call } = await served()
    const top = await get<Schemas['FlowTop']>(`/v1/flows/top?by=originator&${span}`)
    expect(top).toMatchObject({ groups: 2, isComplete: true })
    expect(top.items).toEqual([
      { key: '2001:db8::7', flows: 1, packets: 11, bytes: 55_000 },
      { key: '192.0.2.7', flows: 2, packets: 22, bytes: 11_000 },
    ])
    const byFlows = await get<Schemas['FlowTop']>(`/v1/flows/top?by=service&order=flows&${span}`)
    expect(byFlows.items.map(({ key, flows }) => [key, flows])).toEqual([
      ['tcp/443', 2],
      ['tcp/22', 1],
    ])
    const programs = await get<Schemas['FlowTop']>(`/v1/flows/top?by=process&process=sshd&${span}`)
    expect(programs.items.map(({ key }) => key)).toEqual(['sshd'])
    expect((await call('/v1/flows/top')).status).toBe(400)
  })

  test('are summed over time', async () => {
    const { get, call } = await served()
    const { items } = await get<Schemas['FlowSeries']>(`/v1/flows/series?bucketSeconds=60&${span}`)
    expect(items.map(({ at, flows }) => [at, flows])).toEqual([
      ['2026-01-05T10:00:00.000000Z', 2],
      ['2026-01-05T10:01:00.000000Z', 1],
    ])
    const many = await call('/v1/flows/series?bucketSeconds=1&from=2026-01-01T00:00:00Z')
    expect([many.status, (many.body as Schemas['Problem']).errors![0]!.field]).toEqual([
      400,
      'bucketSeconds',
    ])
  })

  test('of the log are judged by a rule that is not in force', async () => {
    const api = await servedApi()
    api.record.flows.append(batchOf(flow(), flow({ responderPort: 23 })))
    await api.record.flows.flush()
    const token = await api.token(['read'])
    const text = [
      'title: Telnet',
      'name: telnet',
      'logsource: { category: network_connection }',
      'detection: { selection: { dst_port: 23 }, condition: selection }',
    ].join('\n')
    const tested = await api.call('POST', '/v1/rules/test', { token, body: { text } })
    expect(tested.body).toMatchObject({ rules: [{ name: 'telnet' }], refused: [] })
    const since = '2026-01-05T09:00:00Z'
    const { body } = await api.call('POST', '/v1/rules/backtest', { token, body: { text, since } })
    // What else the address that the rule names had done is what its block would have cost.
    const telnet = { rule: 'telnet', hits: 1, cutOff: { flows: 1 } }
    expect(body).toMatchObject({ flows: 2, isComplete: true, rules: [telnet] })
    const bad = await api.call('POST', '/v1/rules/test', { token, body: { text: 'title: [x' } })
    expect((bad.body as Schemas['RuleTest']).refused).toHaveLength(1)
  })
})

describe('rules tried on a capture', () => {
  const text = `title: Answered
name: answered
logsource: { category: network_connection }
detection: { sel: { proto: tcp, dst_port: 80, resp_bytes|gt: 0 }, condition: sel }
picket: { kind: policy.answered, attacker: src_ip, victim: dst_ip }
`
  const tryOn = async (api: TestApi, capture: string, rules = text) => {
    const token = await api.token(['read'])
    return api.call('POST', '/v1/rules/test', { token, body: { text: rules, capture } })
  }

  test('say what would have been told, and record nothing', async () => {
    const api = await servedApi()
    const capture = readFileSync(packagedFile('test/data/demo.pcap')).toString('base64')
    const other = text.replace('answered', 'unheard').replace('dst_port: 80', 'dst_port: 8099')
    const { status, body } = await tryOn(api, capture, `${text}---\n${other}---\ntitle: [x`)
    const { rules, refused, trial } = body as Schemas['RuleTest']
    expect([status, rules.length, refused.length]).toEqual([200, 2, 1])
    expect(trial).toMatchObject({ packets: 12539, fault: null })
    expect(trial!.fired.map(({ rule }) => rule)).toContain('answered')
    expect(trial!.fired.some(({ attacker }) => attacker === '192.0.2.20')).toBe(true)
    expect(trial!.hits['answered']).toBeGreaterThan(0)
    expect(trial!.hits['unheard'] ?? 0).toBe(0)
    const token = await api.token(['read'])
    expect((await api.call('GET', '/v1/events', { token })).body).toMatchObject({ items: [] })
  })

  test('say what is wrong with it: no capture, a cut one, no Base64', async () => {
    const api = await servedApi()
    const whole = readFileSync(packagedFile('test/data/demo.pcap'))
    const none = await tryOn(api, Buffer.from('GET / HTTP/1.1').toString('base64'))
    expect(none).toMatchObject({ status: 400, body: { errors: [{ field: 'capture' }] } })
    const cut = await tryOn(api, whole.subarray(0, 100_001).toString('base64'))
    const { trial } = cut.body as Schemas['RuleTest']
    expect(trial!.fault).toMatch(/^damaged at byte \d+: /)
    expect(trial!.packets).toBeGreaterThan(100)
    expect((await tryOn(api, '***')).status).toBe(400)
  })
})

describe('a rule', () => {
  test('is switched by an admin, as it was seen', async () => {
    const api = await servedApi()
    const [reader, admin] = [await api.token(['read']), await api.token(['admin'])]
    const read = await api.call('GET', '/v1/rules/own', { token: reader })
    const etag = read.headers.get('etag')!
    const patch = (token: string, ifMatch: string) =>
      api.call('PATCH', '/v1/rules/own', {
        token,
        body: { enabled: false },
        headers: { 'if-match': ifMatch },
      })
    expect((await patch(reader, etag)).status).toBe(403)
    const off = await patch(admin, etag)
    expect(off.body).toMatchObject({ name: 'own', state: 'disabled' })
    expect((await patch(admin, etag)).status).toBe(412)
    const unknown = { token: admin, body: { enabled: true } }
    expect((await api.call('PATCH', '/v1/rules/none', unknown)).status).toBe(404)
  })
})

describe('models', () => {
  test('that are not there cannot be trained anew or gone back to', async () => {
    const api = await servedApi()
    const token = await api.token(['admin'])
    expect((await api.call('GET', '/v1/models', { token })).body).toMatchObject({ items: [] })
    for (const verb of ['train', 'rollback']) {
      expect((await api.call('POST', `/v1/models/eth0/${verb}`, { token })).status).toBe(404)
    }
    expect(api.restarted).toEqual([])
  })
})

describe('the agent', () => {
  test('tells probes that it lives and is ready', async () => {
    const api = await servedApi()
    expect((await api.call('GET', '/v1/health/live')).body).toEqual({ status: 'live' })
    expect((await api.call('GET', '/v1/health/ready')).body).toEqual({ status: 'ready' })
  })

  test('tells a reader of itself, its host and its configuration', async () => {
    const api = await servedApi()
    const token = await api.token(['read'])
    const agent = await api.call('GET', '/v1/agent', { token })
    expect(agent.body).toMatchObject({ version: '0.1.0', pid: process.pid })
    const host = (await api.call('GET', '/v1/host', { token })).body as Schemas['HostStatus']
    expect(host.addresses.some(({ address }) => address === '127.0.0.1/8')).toBe(true)
    const config = await api.call('GET', '/v1/config', { token })
    expect(config.body).toMatchObject({ api: { host: '127.0.0.1' }, policy: { mode: 'alert' } })
  })

  test('prints OpenMetrics to who asks for it', async () => {
    const api = await servedApi()
    const token = await api.token(['read'])
    await api.call('GET', '/v1/events', { token })
    const headers = { accept: 'application/openmetrics-text; version=1.0.0' }
    const { type, body } = await api.call('GET', '/metrics', { token, headers })
    expect(type).toMatch(/^application\/openmetrics-text/)
    expect(body).toMatch(/# TYPE picket_api_requests counter/)
    expect(body).toMatch(/# EOF\n$/)
  })

  test('has a page for people that loads nothing, names every operation and runs no script', async () => {
    const api = await servedApi()
    const { status, type, headers, body } = await api.call('GET', '/docs')
    const page = body as string
    expect([status, type]).toEqual([200, 'text/html; charset=utf-8'])
    expect(page).not.toMatch(/<script|<link|src=|url\(|@import/)
    expect(page).toContain('id="createBlock"')
    const style = /<style>([^]*)<\/style>/.exec(page)![1]!
    const hash = createHash('sha256').update(style).digest('base64')
    expect(headers.get('content-security-policy')).toContain(`style-src 'sha256-${hash}'`)
    const links = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id)
    for (const id of new Set(links)) expect(page).toContain(`id="${id}"`)
  })
})
