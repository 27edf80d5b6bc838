/** Every operation of the API, on real sockets and a real record, each answer held against the document. */
import { describe, expect, test } from 'vitest'
import type { components } from '../../../openapi/contract.d.ts'
import { rfc3339FromUs } from '../../../src/core/clock.ts'
import { FULL_HEALTH, RULES, servedApi } from '../../support/api/api-server.ts'
import { OPERATIONS } from '../../support/api/contract-checker.ts'
import { TEN_OCLOCK_US } from '../../support/detection/detections.ts'
import { batchOf, flow, insertFlows, stories } from '../../support/record.ts'

type EventPage = components['schemas']['EventPage']
type FlowPage = components['schemas']['FlowPage']
type Block = components['schemas']['Block']
type BlockPage = components['schemas']['BlockPage']

const AT_LEAST_A_PAGE = 250
const MANY_FLOWS = 400_000

describe('the agent', () => {
  test('tells anyone its status and version, and a reader the rest', async () => {
    const api = await servedApi()
    const brief = await api.call('GET', '/v1/health')
    const full = await api.call('GET', '/v1/health', { token: await api.token(['read']) })
    expect(brief.body).toEqual({ status: 'ok', version: '0.1.0' })
    expect(full.body).toEqual(FULL_HEALTH)
  })

  test('tells somebody who may only block no more than anyone', async () => {
    const api = await servedApi()
    const answer = await api.call('GET', '/v1/health', { token: await api.token(['block']) })
    expect(answer.body).toEqual({ status: 'ok', version: '0.1.0' })
  })

  test('lists the rules with their hits, and what was refused, to who may read', async () => {
    const api = await servedApi()
    const { body } = await api.call('GET', '/v1/rules', { token: await api.token(['read']) })
    const items = RULES.items.map((rule) => ({ ...rule, judged: null }))
    expect(body).toEqual({ ...RULES, items })
    expect((await api.call('GET', '/v1/rules')).status).toBe(401)
  })

  test('serves its own description, with every operation', async () => {
    const api = await servedApi()
    const { body } = await api.call('GET', '/openapi.json')
    const { paths } = body as { paths: Record<string, Record<string, { operationId: string }>> }
    for (const { path, method, id } of OPERATIONS) {
      expect(paths[path]![method.toLowerCase()]!.operationId).toBe(id)
    }
  })

  test('prints metrics for Prometheus, its own requests among them', async () => {
    const api = await servedApi()
    const token = await api.token(['read'])
    await api.call('GET', '/v1/events', { token })
    const { body, type } = await api.call('GET', '/metrics', { token })
    expect(type).toMatch(/^text\/plain/)
    expect(body).toMatch(/picket_api_requests_total\{operation="listEvents",status="200"\} 1/)
  })

  test('answers no page of another origin and lets nothing be stored', async () => {
    const api = await servedApi()
    const { headers } = await api.call('GET', '/v1/health', {
      headers: { origin: 'http://evil.example' },
    })
    expect(headers.get('access-control-allow-origin')).toBeNull()
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
  })
})

describe('feeds', () => {
  test('are listed with what could not be taken, and looked at anew by an admin', async () => {
    const api = await servedApi()
    const { body } = await api.call('GET', '/v1/feeds', { token: await api.token(['read']) })
    const { items } = body as { items: unknown[] }
    const feed = { name: 'drop', state: 'current', counts: { range: 1 }, refused: 1, left: 0 }
    expect(items).toMatchObject([feed])
    const path = '/v1/feeds/drop/refresh'
    expect(await api.call('POST', path, { token: await api.token(['read']) })).toMatchObject({
      status: 403,
    })
    const token = await api.token(['admin'])
    expect(await api.call('POST', path, { token })).toMatchObject({ status: 200, body: feed })
    const unknown = await api.call('POST', '/v1/feeds/none/refresh', { token })
    expect(unknown).toMatchObject({ status: 404 })
  })
})

describe('the packets of an event', () => {
  const evidence = { linkType: 1, packets: 1, records: new Uint8Array(20).fill(9) }

  test('are a capture to download, for who may read', async () => {
    const api = await servedApi()
    const [saved] = await api.record.events.save(stories(1), { forward: true })
    await api.record.evidence.add([{ eventId: saved!.id, evidence }], 64)
    const path = `/v1/events/${saved!.id}/evidence`
    const { status, type, headers } = await api.call('GET', path, {
      token: await api.token(['read']),
    })
    expect([status, type]).toEqual([200, 'application/vnd.tcpdump.pcap'])
    expect(headers.get('content-disposition')).toBe(
      `attachment; filename="picket-${saved!.id}.pcap"`,
    )
    const refused = await api.call('GET', path, { token: await api.token(['block']) })
    expect(refused.status).toBe(403)
  })

  test('are a problem where there are none', async () => {
    const api = await servedApi()
    const [saved] = await api.record.events.save(stories(1), { forward: true })
    const token = await api.token(['read'])
    const answer = await api.call('GET', `/v1/events/${saved!.id}/evidence`, { token })
    expect(answer.status).toBe(404)
  })
})

describe('events', () => {
  test('are listed newest first, page by page, each once', async () => {
    const api = await servedApi()
    const token = await api.token(['read'])
    const saved = await api.record.events.save(stories(AT_LEAST_A_PAGE), { forward: true })
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const next: string = cursor === null ? '' : `&cursor=${cursor}`
      const { body } = await api.call('GET', `/v1/events?limit=100${next}`, { token })
      const page = body as EventPage
      seen.push(...page.items.map((event) => event.id))
      cursor = page.nextCursor
    } while (cursor !== null)
    expect(seen).toEqual(saved.map((event) => event.id).reverse())
  })

  test('are filtered by every parameter, joined by AND', async () => {
    const api = await servedApi()
    const token = await api.token(['read'])
    await api.record.events.save(
      stories(4, (index) => ({
        kind: index === 0 ? 'scan.vertical.syn' : 'flood.syn',
        family: index === 0 ? 'scan' : 'flood',
        severity: index + 4,
        attacker: `192.0.2.${index + 1}`,
        lastSeen: rfc3339FromUs(TEN_OCLOCK_US + index * 1e6),
      })),
      { forward: true },
    )
    const count = async (query: string): Promise<number> => {
      const { body } = await api.call('GET', `/v1/events?${query}`, { token })
      return (body as EventPage).items.length
    }
    expect(await count('kind=scan.vertical')).toBe(1)
    expect(await count('family=flood')).toBe(3)
    expect(await count('minSeverity=6')).toBe(2)
    expect(await count('attacker=192.0.2.2')).toBe(1)
    expect(await count('attacker=192.0.2.0/24')).toBe(4)
    expect(await count('address=10.0.0.5')).toBe(4)
    expect(await count('verdict=block')).toBe(0)
    expect(await count('from=2026-01-05T10:00:02Z')).toBe(2)
    expect(await count('to=2026-01-05T10:00:02Z')).toBe(2)
    expect(await count('from=2026-01-05T11:00:02%2B01:00')).toBe(2)
    expect(await count('family=flood&attacker=192.0.2.4')).toBe(1)
  })

  test('are found by id, in either case of letters', async () => {
    const api = await servedApi()
    const token = await api.token(['read'])
    const [saved] = await api.record.events.save(stories(1), { forward: true })
    const { body } = await api.call('GET', `/v1/events/${saved!.id.toUpperCase()}`, { token })
    expect(body).toEqual(saved)
  })
})

describe('flows', () => {
  test('are listed with addresses, protocol and application in words', async () => {
    const api = await servedApi()
    const token = await api.token(['read'])
    api.record.flows.append(
      batchOf(
        flow(),
        flow({
          protocol: 17,
          application: 'unknown',
          responderPort: 9999,
          startUs: TEN_OCLOCK_US + 1,
        }),
      ),
    )
    await api.record.flows.flush()
    const list = async (query: string): Promise<FlowPage['items']> =>
      ((await api.call('GET', `/v1/flows?${query}`, { token })).body as FlowPage).items
    expect(await list('')).toHaveLength(2)
    expect(await list('protocol=tcp')).toMatchObject([{ protocol: 'tcp', application: 'tls' }])
    expect(await list('protocol=17')).toMatchObject([{ protocol: 'udp', application: null }])
    expect(await list('port=9999&address=10.0.0.0/8')).toHaveLength(1)
    expect(await list('communityId=1:CwI60096ZvJw6LB3YIdnbu0dbjw=')).toHaveLength(1)
  })
})

describe('a search through many flows', () => {
  const SLOW = '/v1/flows?port=7'

  test('keeps nobody waiting who asks for something else after it', async () => {
    const api = await servedApi()
    const token = await api.token(['read'])
    insertFlows(api.record.path, MANY_FLOWS)
    await api.call('GET', '/v1/flows?limit=1', { token })
    const order: string[] = []
    const slow = api.call('GET', SLOW, { token }).then(() => order.push('search'))
    await api.call('GET', '/v1/health')
    order.push('health')
    await api.call('GET', '/v1/events', { token })
    order.push('events')
    await slow
    expect(order).toEqual(['health', 'events', 'search'])
  })

  test('is put off when too many are under way', async () => {
    const api = await servedApi()
    const token = await api.token(['read'])
    insertFlows(api.record.path, MANY_FLOWS)
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => api.call('GET', SLOW, { token })),
    )
    const refused = answers.filter(({ status }) => status === 503)
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(8)
    expect(refused).toHaveLength(4)
    expect(refused[0]!.headers.get('retry-after')).toBe('10')
    expect(refused[0]!.body).toMatchObject({
      type: 'urn:picket:problem:record-unavailable',
      detail: '8 listings of the log are under way',
    })
  })
})

describe('blocks', () => {
  test('are ordered once, extended by the second order, listed, read and lifted', async () => {
    const api = await servedApi()
    const token = await api.token(['read', 'block'])
    const order = { target: '192.0.2.7', ttlSeconds: 600, reason: 'port scan' }
    const first = await api.call('POST', '/v1/blocks', { token, body: order })
    const block = first.body as Block
    expect(first.status).toBe(201)
    expect(first.headers.get('location')).toBe(`/v1/blocks/${block.id}`)
    expect(block).toMatchObject({ target: '192.0.2.7', state: 'active', source: 'api' })
    expect(token).toContain(block.orderedBy)

    const longer = { ...order, ttlSeconds: 1200 }
    const second = await api.call('POST', '/v1/blocks', { token, body: longer })
    expect(second.status).toBe(200)
    expect((second.body as Block).id).toBe(block.id)
    expect((second.body as Block).expiresAt! > block.expiresAt!).toBe(true)

    const listed = await api.call('GET', '/v1/blocks?target=192.0.2.0/24', { token })
    expect((listed.body as BlockPage).items.map((one) => one.id)).toEqual([block.id])
    expect((await api.call('GET', `/v1/blocks/${block.id}`, { token })).body).toEqual(second.body)

    const lifted = await api.call('DELETE', `/v1/blocks/${block.id}`, { token })
    expect(lifted.body).toMatchObject({ state: 'lifted' })
    const again = await api.call('DELETE', `/v1/blocks/${block.id}`, { token })
    expect(again.body).toEqual(lifted.body)
    expect(((await api.call('GET', '/v1/blocks', { token })).body as BlockPage).items).toEqual([])
  })

  test('without a time get the configured one, and with null none', async () => {
    const api = await servedApi()
    const token = await api.token(['block'])
    const usual = await api.call('POST', '/v1/blocks', { token, body: { target: '2001:db8::7' } })
    const forGood = { target: '2001:db8::8', ttlSeconds: null }
    const lasting = await api.call('POST', '/v1/blocks', { token, body: forGood })
    const { createdAt, expiresAt } = usual.body as Block
    expect(Date.parse(expiresAt!) - Date.parse(createdAt)).toBe(3_600_000)
    expect(lasting.body).toMatchObject({ expiresAt: null })
  })
})
