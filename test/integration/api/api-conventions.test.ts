/** What holds for every operation: repeats by key, editions, allowances, limits, headers, and the audit of changes. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { components } from '../../../openapi/contract.d.ts'
import { API_DEFAULTS, serveApi, servedApi, settableClock } from '../../support/api/api-server.ts'
import { run } from '../../support/memory-terminal.ts'
import { temporaryFolder, stories } from '../../support/record.ts'

type Schemas = components['schemas']

const limits = (changes: Partial<typeof API_DEFAULTS.limits>) => ({
  limits: { ...API_DEFAULTS.limits, ...changes },
})
const typeOf = (body: unknown): string => (body as Schemas['Problem']).type.split(':').at(-1)!

describe('an Idempotency-Key', () => {
  const order = { target: '192.0.2.7', ttlSeconds: 600 }
  const headers = { 'idempotency-key': 'ticket-4711' }

  test('has a repeated order done once and answered the same, over a restart of the agent too', async () => {
    const clock = settableClock()
    const directory = await temporaryFolder()
    const before = await serveApi({ directory, clock })
    const token = await before.token(['read', 'block'])
    const first = await before.call('POST', '/v1/blocks', { token, body: order, headers })
    const { id } = first.body as Schemas['Block']
    await before.call('DELETE', `/v1/blocks/${id}`, { token })
    await before.close()
    const api = await servedApi({ directory, clock })
    const again = await api.call('POST', '/v1/blocks', { token, body: order, headers })
    expect([again.status, again.body]).toEqual([201, first.body])
    expect(again.headers.get('location')).toBe(`/v1/blocks/${id}`)
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    // Done anew it would have been blocked again.
    expect(api.record.blocks.standing()).toEqual([])
  })

  test('is forgotten after a day', async () => {
    const clock = settableClock()
    const api = await servedApi({ clock })
    const token = await api.token(['admin'])
    const body = { scopes: ['read'] }
    await api.call('POST', '/v1/tokens', { token, body, headers })
    clock.set(clock.nowMs() + 24 * 3600 * 1000)
    expect((await api.call('POST', '/v1/tokens', { token, body, headers })).status).toBe(201)
  })

  test('with another request is refused, and belongs to its caller alone', async () => {
    const api = await servedApi()
    const [token, other] = [await api.token(['block']), await api.token(['block'])]
    await api.call('POST', '/v1/blocks', { token, body: order, headers })
    const body = { ...order, target: '192.0.2.8' }
    const refused = await api.call('POST', '/v1/blocks', { token, body, headers })
    expect([refused.status, typeOf(refused.body)]).toEqual([422, 'idempotency-mismatch'])
    expect((await api.call('POST', '/v1/blocks', { token: other, body, headers })).status).toBe(201)
  })

  test('does not remember a failure', async () => {
    const api = await servedApi()
    const token = await api.token(['block'])
    const body = { target: '127.0.0.1' }
    expect((await api.call('POST', '/v1/blocks', { token, body, headers })).status).toBe(409)
    expect((await api.call('POST', '/v1/blocks', { token, body: order, headers })).status).toBe(201)
  })

  test('sent twice at once does it once, and both are answered alike', async () => {
    const api = await servedApi()
    const token = await api.token(['block'])
    const post = () => api.call('POST', '/v1/blocks', { token, body: order, headers })
    const answers = await Promise.all([post(), post(), post()])
    const [first] = answers
    expect(first.status).toBe(201)
    for (const { status, body } of answers) expect([status, body]).toEqual([201, first.body])
    const ordered = (await api.record.audit.list({ limit: 100 })).items
    expect(ordered.filter(({ action }) => action === 'block.ordered')).toHaveLength(1)
  })

  test('of a secret sent twice at once does it once', async () => {
    const api = await servedApi()
    const token = await api.token(['admin'])
    const post = () =>
      api.call('POST', '/v1/tokens', { token, body: { scopes: ['read'] }, headers })
    const statuses = (await Promise.all([post(), post(), post()])).map(({ status }) => status)
    expect(statuses.sort()).toEqual([201, 409, 409])
    expect(api.record.tokens.list()).toHaveLength(2)
  })

  test('of a token that was made never gives its secret again, nor is it kept', async () => {
    const api = await servedApi()
    const token = await api.token(['admin'])
    const body = { scopes: ['read'] }
    const first = await api.call('POST', '/v1/tokens', { token, body, headers })
    const again = await api.call('POST', '/v1/tokens', { token, body, headers })
    const { id } = first.body as Schemas['CreatedToken']
    expect([again.status, typeOf(again.body)]).toEqual([409, 'idempotency-conflict'])
    expect((again.body as Schemas['Problem']).detail).toContain(id)
  })

  test('of a request that only reads is of no account', async () => {
    const api = await servedApi()
    const token = await api.token(['read', 'block'])
    const simulated = await api.call('POST', '/v1/blocks/simulate', {
      ...{ token, headers, body: { target: '192.0.2.7' } },
    })
    expect(simulated.status).toBe(200)
    // The key is free still.
    expect((await api.call('POST', '/v1/blocks', { token, body: order, headers })).status).toBe(201)
  })

  test.each(['', 'a b', 'x'.repeat(256)])('%j is none', async (key) => {
    const api = await servedApi()
    const token = await api.token(['block'])
    const sent = { token, body: order, headers: { 'idempotency-key': key } }
    const { status, body } = await api.call('POST', '/v1/blocks', sent)
    expect([status, (body as Schemas['Problem']).errors![0]!.field]).toEqual([
      400,
      'Idempotency-Key',
    ])
  })
})

describe('an edition', () => {
  test('that has been overtaken is not edited', async () => {
    const api = await servedApi()
    const token = await api.token(['admin'])
    const [event] = await api.record.events.save(stories(1), { forward: true })
    const path = `/v1/events/${event!.id}/verdict`
    const judge = (verdict: string, ifMatch?: string) =>
      api.call('POST', path, {
        token,
        body: { verdict },
        headers: ifMatch === undefined ? {} : { 'if-match': ifMatch },
      })
    const early = await judge('true-positive', '*')
    expect([early.status, typeOf(early.body)]).toEqual([412, 'precondition-failed'])
    await judge('true-positive')
    const etag = (await api.call('GET', path, { token })).headers.get('etag')!
    expect(etag).toMatch(/^"[\w-]{22}"$/)
    expect((await judge('false-positive', etag)).status).toBe(200)
    const late = await judge('true-positive', etag)
    expect(late.status).toBe(412)
    expect(late.headers.get('etag')).not.toBe(etag)
    expect((await api.call('GET', path, { token })).body).toMatchObject({
      verdict: 'false-positive',
    })
  })
})

test('of edits at once that have seen the same edition one is made', async () => {
  const api = await servedApi()
  const token = await api.token(['admin'])
  const [event] = await api.record.events.save(stories(1), { forward: true })
  const path = `/v1/events/${event!.id}/verdict`
  await api.call('POST', path, { token, body: { verdict: 'true-positive' } })
  const etag = (await api.call('GET', path, { token })).headers.get('etag')!
  const edits = ['a', 'b', 'c', 'd'].map((reason) =>
    api.call('POST', path, {
      token,
      body: { verdict: 'false-positive', reason },
      headers: { 'if-match': etag },
    }),
  )
  const statuses = (await Promise.all(edits)).map(({ status }) => status)
  expect(statuses.sort()).toEqual([200, 412, 412, 412])
})

test('a block that is extended in between is not lifted by who saw it as it was', async () => {
  const api = await servedApi()
  const token = await api.token(['read', 'block'])
  const body = { target: '192.0.2.8', ttlSeconds: 600 }
  const made = await api.call('POST', '/v1/blocks', { token, body })
  const path = `/v1/blocks/${(made.body as Schemas['Block']).id}`
  const etag = (await api.call('GET', path, { token })).headers.get('etag')!
  const [extended, lifted] = await Promise.all([
    api.call('POST', '/v1/blocks', { token, body: { ...body, ttlSeconds: 900 } }),
    api.call('DELETE', path, { token, headers: { 'if-match': etag } }),
  ])
  expect([extended.status, lifted.status]).toEqual([200, 412])
  const now = await api.call('GET', path, { token })
  expect(now.body).toMatchObject({
    state: 'active',
    expiresAt: (extended.body as Schemas['Block']).expiresAt,
  })
  expect(lifted.headers.get('etag')).toBe(now.headers.get('etag'))
})

describe('a reader who knows the edition', () => {
  test('is told that it is still that, until it is edited', async () => {
    const api = await servedApi()
    const token = await api.token(['read', 'block'])
    const body = { target: '192.0.2.7', ttlSeconds: 600 }
    const { id } = (await api.call('POST', '/v1/blocks', { token, body })).body as Schemas['Block']
    const ask = (known?: string) =>
      api.call('GET', `/v1/blocks/${id}`, {
        token,
        headers: known === undefined ? {} : { 'if-none-match': known },
      })
    const etag = (await ask()).headers.get('etag')!
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const same = await ask(known)
      expect([same.status, same.body, same.headers.get('etag')]).toEqual([304, '', etag])
    }
    expect((await ask('"other"')).status).toBe(200)
    await api.call('POST', '/v1/blocks', { token, body: { ...body, ttlSeconds: 900 } })
    const extended = await ask(etag)
    expect(extended.status).toBe(200)
    expect(extended.headers.get('etag')).not.toBe(etag)
  })

  test('may lift a block by what was read of it, though it has stopped more since', async () => {
    const api = await servedApi()
    const token = await api.token(['read', 'block'])
    const order = { token, body: { target: '192.0.2.7' } }
    const { id } = (await api.call('POST', '/v1/blocks', order)).body as Schemas['Block']
    const path = `/v1/blocks/${id}`
    const etag = (await api.call('GET', path, { token })).headers.get('etag')!
    const block = api.record.blocks.get(id)!
    const audit = { actor: 'agent', action: 'block.verified', subject: id, details: {} }
    const counted = { ...block, stoppedPackets: 41, stoppedBytes: 2460 }
    await api.record.blocks.save([{ block: counted, audit }])
    const lifted = await api.call('DELETE', path, { token, headers: { 'if-match': etag } })
    expect(lifted.status).toBe(200)
  })
})

describe('an allowance', () => {
  test('is told with every answer, and its end with when to come again', async () => {
    const clock = settableClock()
    const api = await servedApi({ clock, config: limits({ requestsPerMinute: 10 }) })
    const [token, other] = [await api.token(['read']), await api.token(['read'])]
    const ask = (as = token) => api.call('GET', '/v1/feeds', { token: as })
    const first = await ask()
    expect(first.headers.get('ratelimit-policy')).toBe('"requests";q=10;w=60')
    expect(first.headers.get('ratelimit')).toBe('"requests";r=9;t=60')
    for (let asked = 1; asked < 10; asked += 1) expect((await ask()).status).toBe(200)
    clock.set(clock.nowMs() + 15_000)
    const refused = await ask()
    expect([refused.status, typeOf(refused.body)]).toEqual([429, 'too-many-requests'])
    expect(refused.headers.get('retry-after')).toBe('45')
    expect((await ask(other)).status).toBe(200)
    clock.set(clock.nowMs() + 45_000)
    expect((await ask()).status).toBe(200)
  })

  test('of requests at once is an answer, not a wait', async () => {
    const api = await servedApi({ config: limits({ concurrentRequests: 1 }) })
    const token = await api.token(['read'])
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => api.call('GET', '/v1/events', { token })),
    )
    const busy = answers.filter(({ status }) => status === 503)
    expect(answers.some(({ status }) => status === 200)).toBe(true)
    for (const { headers, body } of busy) {
      expect([typeOf(body), headers.get('retry-after')]).toEqual(['too-busy', '1'])
    }
    expect((await api.call('GET', '/v1/events', { token })).status).toBe(200)
  })

  test('of requests at once is not taken from the local operator by those of the network', async () => {
    const api = await servedApi({ config: limits({ concurrentRequests: 1 }) })
    const token = await api.token(['read'])
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1')
    const head = ['POST /v1/blocks/simulate HTTP/1.1', 'Host: x', `Authorization: Bearer ${token}`]
    socket.write([...head, 'Content-Type: application/json', 'Content-Length: 99', '', '{'].join('\r\n')) // prettier-ignore
    await expect.poll(async () => (await api.call('GET', '/v1/feeds', { token })).status).toBe(503)
    const where = ['--data-dir', api.directory]
    expect((await run('unblock', '--all', ...where)).err).toBe('nothing was blocked\n')
    socket.destroy()
  })

  test('is not made longer where the clock is set back', async () => {
    const clock = settableClock()
    const api = await servedApi({ clock, config: limits({ requestsPerMinute: 10 }) })
    const token = await api.token(['read'])
    const ask = () => api.call('GET', '/v1/feeds', { token })
    for (let asked = 0; asked < 10; asked += 1) await ask()
    clock.set(clock.nowMs() - 3_600_000)
    const refused = await ask()
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60'])
    clock.set(clock.nowMs() + 60_000)
    expect((await ask()).status).toBe(200)
  })

  test('of connections of one address is kept', async () => {
    const api = await servedApi({ config: limits({ connectionsPerPeer: 2 }) })
    const port = Number(new URL(api.url).port)
    const held = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')]
    await Promise.all(held.map((socket) => once(socket, 'connect')))
    const third = connect(port, '127.0.0.1')
    third.on('error', () => undefined)
    await once(third, 'close')
    // It was not idleness that ended the third: those before it are still served.
    held[0]!.write('GET /v1/health/live HTTP/1.1\r\nHost: picket\r\n\r\n')
    const [served] = (await once(held[0]!, 'data')) as [Buffer]
    expect(served.toString()).toMatch(/^HTTP\/1\.1 200/)
    held[0]!.destroy()
    await once(held[0]!, 'close')
    held[1]!.destroy()
  })

  test('of a URL is kept', async () => {
    const api = await servedApi()
    const answer = await api.call('GET', `/v1/events?kind=${'a'.repeat(9000)}`)
    expect([answer.status, typeOf(answer.body)]).toEqual([414, 'uri-too-long'])
  })
})

describe('a page of another origin', () => {
  test('is told nothing that would let it read', async () => {
    const api = await servedApi()
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'GET' }
    const asked = await fetch(`${api.url}/v1/events`, { method: 'OPTIONS', headers })
    expect(asked.status).toBe(405)
    const read = await fetch(`${api.url}/v1/health`, { headers })
    for (const answer of [asked, read]) {
      expect(
        [...answer.headers.keys()].filter((name) => name.startsWith('access-control')),
      ).toEqual([])
      expect(answer.headers.get('cross-origin-resource-policy')).toBe('same-origin')
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    }
  })
})

describe('a change', () => {
  test('is audited with the token and the address that it came from', async () => {
    const api = await servedApi()
    const token = await api.token(['block'])
    await api.call('POST', '/v1/blocks', { token, body: { target: '192.0.2.7' } })
    await api.call('POST', '/v1/blocks', { token, body: { target: 'nonsense' } })
    const rows = api.audited('api.called')
    const id = token.split('_')[1]
    expect(rows).toMatchObject([{ actor: `token:${id}`, subject: 'createBlock' }])
    expect(JSON.parse(rows[0]!.details)).toEqual({ tokenId: id, peer: '127.0.0.1', path: {} })
    expect(await api.record.audit.verify()).toMatchObject({ isIntact: true })
  })
})

describe('tokens', () => {
  test('are made, listed without their secret, and revoked at once by an admin', async () => {
    const api = await servedApi()
    const admin = await api.token(['admin'])
    const body = { scopes: ['read'], description: 'SIEM', networks: ['127.0.0.1', '2001:DB8::/32'] }
    const made = await api.call('POST', '/v1/tokens', { token: admin, body })
    const { token, id, networks } = made.body as Schemas['CreatedToken']
    expect(networks).toEqual(['127.0.0.1', '2001:db8::/32'])
    expect((await api.call('GET', '/v1/feeds', { token })).status).toBe(200)
    expect((await api.call('GET', '/v1/tokens', { token })).status).toBe(403)
    const listed = await api.call('GET', '/v1/tokens', { token: admin })
    expect((listed.body as Schemas['TokenList']).items).toHaveLength(2)
    expect(JSON.stringify(listed.body)).not.toContain(token.split('_')[2])
    const revoked = await api.call('DELETE', `/v1/tokens/${id}`, { token: admin })
    expect((revoked.body as Schemas['Token']).revokedAt).not.toBeNull()
    expect((await api.call('GET', '/v1/feeds', { token })).status).toBe(401)
    const unknown = await api.call('DELETE', `/v1/tokens/${'x'.repeat(12)}`, { token: admin })
    expect(unknown.status).toBe(404)
  })

  test('that are bound to other networks are refused, in words', async () => {
    const api = await servedApi()
    const admin = await api.token(['admin'])
    const body = { scopes: ['read'], networks: ['198.51.100.0/24'] }
    const made = await api.call('POST', '/v1/tokens', { token: admin, body })
    const { token } = made.body as Schemas['CreatedToken']
    const refused = await api.call('GET', '/v1/feeds', { token })
    expect(refused.status).toBe(401)
    expect((refused.body as Schemas['Problem']).detail).toContain('not good from 127.0.0.1')
  })
})
