/** Everything that is wrong with a request is told clearly, all at once, and changes nothing. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { beforeAll, describe, expect, test } from 'vitest'
import type { components } from '../../../openapi/contract.d.ts'
import { serveApi, type Answer, type TestApi } from '../../support/api/api-server.ts'

type Problem = components['schemas']['Problem']

const problemOf = (answer: Answer): Problem => answer.body as Problem
const faultsOf = (answer: Answer): Record<string, string> =>
  Object.fromEntries((problemOf(answer).errors ?? []).map(({ field, message }) => [field, message]))

let api: TestApi
beforeAll(async () => {
  const served = await serveApi()
  api = served
  return () => served.close()
})

async function order(body: unknown): Promise<Answer> {
  return api.call('POST', '/v1/blocks', { token: await api.token(['block']), body })
}

describe('a query', () => {
  const cases: [string, string, string, RegExp][] = [
    ['/v1/events', 'minSeverity=11', 'minSeverity', /from 0 to 10/],
    ['/v1/events', 'minSeverity=six', 'minSeverity', /a whole number/],
    ['/v1/events', 'limit=0x10', 'limit', /a whole number/],
    ['/v1/events', 'limit=1e2', 'limit', /a whole number/],
    ['/v1/events', 'limit=', 'limit', /a whole number/],
    ['/v1/events', 'limit=0', 'limit', /from 1 to 1000/],
    ['/v1/events', 'limit=5&limit=6', 'limit', /given 2 times/],
    ['/v1/events', 'attacker=1.2.3.4;+rm+-rf+/', 'attacker', /IPv4 or IPv6 address/],
    ['/v1/events', 'address=010.8.8.8', 'address', /IPv4 or IPv6 address/],
    ['/v1/events', 'address=fe80::1%25eth0', 'address', /IPv4 or IPv6 address/],
    ['/v1/events', 'from=yesterday', 'from', /RFC 3339/],
    ['/v1/events', 'from=2026-01-05T10:00:00+01:00', 'from', /%2B/],
    ['/v1/events', 'to=2026-13-45T99:00:00Z', 'to', /RFC 3339/],
    ['/v1/events', 'to=2026-02-30T00:00:00Z', 'to', /RFC 3339/],
    ['/v1/events', 'from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z', 'to', /not before from/],
    ['/v1/flows/series', 'from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z', 'to', /not before/],
    ['/v1/events', 'family=scans', 'family', /one of scan, sweep/],
    ['/v1/events', 'kind=%00', 'kind', /of the form/],
    ['/v1/events', 'severity=5', 'severity', /not a known parameter; known: from, to, kind/],
    ['/v1/events', '__proto__=5', '__proto__', /not a known parameter/],
    ['/v1/events', 'cursor=bm90LW91cnM', 'cursor', /./],
    ['/v1/flows', 'port=65536', 'port', /from 0 to 65535/],
    ['/v1/flows', 'protocol=256', 'protocol', /IP protocol/],
    ['/v1/flows', 'communityId=2:x', 'communityId', /of the form/],
    ['/v1/blocks', 'state=dead', 'state', /one of pending/],
    ['/v1/events/not-a-uuid', '', 'eventId', /a UUID/],
    ['/v1/health', 'verbose=1', 'verbose', /there are none here/],
  ]
  test.each(cases)('%s?%s is refused at %s', async (path, query, field, message) => {
    const answer = await api.call('GET', `${path}?${query}`, { token: await api.token(['read']) })
    expect(answer.status).toBe(400)
    expect(problemOf(answer).type).toBe('urn:picket:problem:invalid-request')
    expect(faultsOf(answer)[field]).toMatch(message)
  })

  test('is told all its faults at once, with what was given', async () => {
    const path = '/v1/events?limit=9999&attacker=nobody&colour=red&to=later'
    const answer = await api.call('GET', path, { token: await api.token(['read']) })
    expect(Object.keys(faultsOf(answer)).sort()).toEqual(['attacker', 'colour', 'limit', 'to'])
    expect(problemOf(answer).errors).toContainEqual(
      expect.objectContaining({ field: 'limit', value: 9999 }),
    )
  })
})

describe('an order to block', () => {
  const bodies: [string, unknown, string, RegExp][] = [
    ['a shell command for a target', { target: '1.2.3.4; rm -rf /' }, 'target', /address/],
    ['no target', {}, 'target', /is required/],
    ['an empty target', { target: '' }, 'target', /address/],
    ['a number for a target', { target: 12 }, 'target', /a string/],
    [
      'a fraction of a second',
      { target: '192.0.2.7', ttlSeconds: 1.5 },
      'ttlSeconds',
      /a whole number or null/,
    ],
    ['no time at all', { target: '192.0.2.7', ttlSeconds: 0 }, 'ttlSeconds', /from 1 to 2147483/],
    ['a time as text', { target: '192.0.2.7', ttlSeconds: '600' }, 'ttlSeconds', /a whole number/],
    [
      'an endless reason',
      { target: '192.0.2.7', reason: 'x'.repeat(1001) },
      'reason',
      /1000 or fewer/,
    ],
    [
      'a field we do not know',
      { target: '192.0.2.7', ttl: 600 },
      'ttl',
      /known: target, direction/,
    ],
    ['a list', [{ target: '192.0.2.7' }], 'body', /a JSON object/],
    ['a null', 'null', 'body', /a JSON object/],
    ['broken JSON', '{"target": ', 'body', /valid JSON/],
    ['a deep nest', '['.repeat(30_000), 'body', /valid JSON/],
    ['nothing', '', 'body', /valid JSON/],
    ['two targets', '{"target":"192.0.2.7","target":"192.0.2.8"}', 'body', /"target" twice/],
    [
      'two targets, one in disguise',
      '{"target":"192.0.2.7","t\\u0061rget":"::8"}',
      'body',
      /twice/,
    ],
    [
      'a port given twice',
      { target: '192.0.2.7', protocol: 'tcp', ports: [22, 22] },
      'ports',
      /^must be without repeats: items 0 and 1 are the same$/,
    ],
    [
      'too many ports',
      { target: '192.0.2.7', protocol: 'tcp', ports: Array.from({ length: 65 }, (_, n) => n) },
      'ports',
      /^must be a list of 64 or fewer$/,
    ],
  ]
  test.each(bodies)('with %s is refused and blocks nothing', async (_, body, field, message) => {
    const answer = await order(body)
    expect(answer.status).toBe(400)
    expect(faultsOf(answer)[field]).toMatch(message)
    expect(api.record.blocks.standing()).toEqual([])
  })

  test.each([
    ['0.0.0.0/0', /range-too-wide|special-range/],
    ['127.0.0.1', /special-range/],
    ['198.51.100.1', /own-address/],
    ['198.51.100.0/24', /own-address/],
    ['::/0', /range-too-wide|special-range/],
  ])('for %s is refused by a guard that is named', async (target, guard) => {
    const answer = await order({ target })
    expect(answer.status).toBe(409)
    expect(problemOf(answer)).toMatchObject({ type: 'urn:picket:problem:block-refused' })
    expect(problemOf(answer).guard).toMatch(guard)
    expect(problemOf(answer).detail).toContain('is not blocked')
    expect(api.record.blocks.standing()).toEqual([])
  })

  test('that is not JSON by its own account is refused', async () => {
    const token = await api.token(['block'])
    const headers = { 'content-type': 'text/plain' }
    const answer = await api.call('POST', '/v1/blocks', {
      token,
      headers,
      body: '{"target":"192.0.2.7"}',
    })
    expect(answer.status).toBe(415)
    expect(problemOf(answer).detail).toContain('text/plain')
  })

  test('that is packed is refused, in words', async () => {
    const token = await api.token(['block'])
    const headers = { 'content-encoding': 'gzip' }
    const answer = await api.call('POST', '/v1/blocks', { token, headers, body: {} })
    expect([answer.status, problemOf(answer).detail]).toEqual([
      415,
      'the body is packed (gzip); this operation takes it as it is',
    ])
  })

  test('of 10 MB is refused long before it has all arrived', async () => {
    const token = await api.token(['block'])
    const head = [
      'POST /v1/blocks HTTP/1.1',
      'Host: localhost',
      `Authorization: Bearer ${token}`,
      'Content-Type: application/json',
      `Content-Length: ${10 * 1024 * 1024}`,
      '\r\n',
    ].join('\r\n')
    // Nothing but the head and a first piece is ever sent: who waited for the rest would wait for ever.
    const answer = await rawExchange([head, 'x'.repeat(1000)])
    expect(answer).toMatch(/^HTTP\/1.1 413 /)
    expect(answer).toContain('urn:picket:problem:body-too-large')
  })

  test('without a stated length is cut off at the limit', async () => {
    const token = await api.token(['block'])
    const head = [
      'POST /v1/blocks HTTP/1.1',
      'Host: localhost',
      `Authorization: Bearer ${token}`,
      'Content-Type: application/json',
      'Transfer-Encoding: chunked',
      '\r\n',
    ].join('\r\n')
    const chunk = `${(70_000).toString(16)}\r\n${'x'.repeat(70_000)}\r\n`
    const answer = await rawExchange([head, chunk])
    expect(answer).toMatch(/^HTTP\/1.1 413 /)
  })
})

describe('a path or method', () => {
  test('that does not exist is not found', async () => {
    const answer = await api.call('GET', '/nowhere')
    expect(answer.status).toBe(404)
    expect(answer.type).toBe('application/problem+json')
  })

  test('that does not fit names those that do', async () => {
    const answer = await api.call('PUT', '/v1/blocks', {
      token: await api.token(['admin']),
      body: {},
    })
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toBe('GET, POST, DELETE, HEAD')
  })

  test.each(['events', 'blocks'])('for an unknown one of %s is not found', async (things) => {
    const path = `/v1/${things}/019b8d2a-0000-7000-8000-000000000009`
    const answer = await api.call('GET', path, { token: await api.token(['read']) })
    expect(answer.status).toBe(404)
    expect(problemOf(answer).type).toBe('urn:picket:problem:not-found')
  })

  test('of an unknown block cannot be lifted', async () => {
    const path = '/v1/blocks/019b8d2a-0000-7000-8000-000000000009'
    const answer = await api.call('DELETE', path, { token: await api.token(['block']) })
    expect(answer.status).toBe(404)
  })
})

describe('what cannot be read as a request', () => {
  const long = `GET /v1/health HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`
  const twice = 'Content-Length: 2\r\nContent-Length: 3\r\n'
  test.each([
    ['a header of 20 KB', long, 431, 'headers-too-large'],
    ['no HTTP', 'GARBAGE\r\n\r\n', 400, 'invalid-request'],
    ['two lengths', `POST /v1/blocks HTTP/1.1\r\nHost: x\r\n${twice}\r\n{}`, 400, 'invalid-request'], // prettier-ignore
    ['no host', 'GET /v1/health HTTP/1.1\r\n\r\n', 400, 'invalid-request'],
    ['a host that is none', 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n', 400, 'invalid-request'],
    ['no path', 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n', 400, 'invalid-request'],
  ])('%s is answered with a problem', async (_, text, status, name) => {
    const answer = await rawExchange([text])
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(answer).toMatch(/^content-type: application\/problem\+json\r$/im)
    expect(answer).toMatch(/^x-content-type-options: nosniff\r$/im)
    const problem = JSON.parse(answer.slice(answer.indexOf('{'))) as Problem
    expect(problem).toMatchObject({ status, type: `urn:picket:problem:${name}` })
  })

  test('does not spoil an answer that is under way', async () => {
    const token = await api.token(['read'])
    const head = `GET /v1/events/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`
    const { hostname, port } = new URL(api.url)
    const socket = connect(Number(port), hostname, () => socket.write(head))
    let received = ''
    socket.on('data', (bytes) => (received += bytes.toString()))
    socket.on('error', () => undefined)
    await expect.poll(() => received).toContain('retry: ')
    socket.write('GARBAGE\r\n\r\n')
    await once(socket, 'close')
    expect(received.match(/HTTP\/1.1/g)).toHaveLength(1)
  })
})

test('an unknown expectation is no reason to refuse', async () => {
  const head = 'GET /v1/health HTTP/1.1\r\nHost: x\r\nExpect: the-unexpected\r\n\r\n'
  expect(await rawExchange([head])).toMatch(/^HTTP\/1.1 200 /)
})

test('a client that goes away amid its body is no mistake of ours', async () => {
  const token = await api.token(['block'])
  const { hostname, port } = new URL(api.url)
  const socket = connect(Number(port), hostname)
  const head = ['POST /v1/blocks HTTP/1.1', 'Host: x', `Authorization: Bearer ${token}`]
  socket.write([...head, 'Content-Type: application/json', 'Content-Length: 99', '', '{'].join('\r\n')) // prettier-ignore
  socket.end()
  socket.on('error', () => undefined)
  const counted = async (): Promise<string> => {
    const { body } = await api.call('GET', '/metrics', { token: await api.token(['read']) })
    return String(body)
  }
  await expect.poll(counted).toMatch(/api_requests_total\{operation="createBlock",status="400"\}/)
  expect(await counted()).not.toMatch(/operation="createBlock",status="500"/)
})

/** Sends bytes as they are and gives the first that come back. */
function rawExchange(pieces: readonly string[]): Promise<string> {
  const { hostname, port } = new URL(api.url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      for (const piece of pieces) socket.write(piece)
    })
    let received = ''
    socket.on('data', (bytes) => {
      received += bytes.toString()
      if (!received.includes('\r\n\r\n') || (received.includes('{') && !received.includes('}')))
        return
      socket.destroy()
      resolve(received)
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(received))
  })
}

describe('a body where none is taken', () => {
  test('is refused: what was meant to narrow the order would else be ignored', async () => {
    const token = await api.token(['read', 'block'])
    await order({ target: '192.0.2.61', ttlSeconds: 600 })
    const answer = await api.call('DELETE', '/v1/blocks', { token, body: { target: '192.0.2.62' } })
    expect(answer.status).toBe(400)
    expect(faultsOf(answer)['body']).toMatch(/must be empty.*path and the query/)
    const { body } = await api.call('GET', '/v1/blocks?target=192.0.2.61', { token })
    expect(body).toMatchObject({ items: [{ state: 'active' }] })
  })

  test('may be an empty object, which some clients always send', async () => {
    const token = await api.token(['block'])
    await order({ target: '192.0.2.63', ttlSeconds: 600 })
    const path = '/v1/blocks?target=192.0.2.63'
    expect((await api.call('DELETE', path, { token, body: {} })).body).toMatchObject({
      items: [{ target: '192.0.2.63', state: 'lifted' }],
    })
  })
})

describe('every refusal says what to do', () => {
  test.each([
    ['GET', '/v1/events?limit=0', 400],
    ['GET', '/nowhere', 404],
    ['GET', '/v1/blocks/019b8d2a-0000-7000-8000-00000000000a', 404],
    ['PUT', '/v1/events', 405],
    ['GET', `/v1/events?q=${'a'.repeat(9000)}`, 414],
  ])('%s %s', async (method, path, status) => {
    const answer = await api.call(method, path, { token: await api.token(['admin']) })
    expect(answer.status).toBe(status)
    expect(problemOf(answer).hint).toMatch(/./)
  })

  test('a slash too many', async () => {
    const hintAt = async (path: string): Promise<string> =>
      ((await (await fetch(api.url + path)).json()) as Problem).hint!
    expect(await hintAt('/v1/events/')).toBe('leave out the slash at the end: /v1/events')
    expect(await hintAt('/v1/rules/mine/')).toBe('leave out the slash at the end: /v1/rules/mine')
    expect(await hintAt('/v1/none/')).toMatch(/openapi.json/)
  })

  test('this host as a target', async () => {
    const answer = await order({ target: '127.0.0.1' })
    expect(answer.status).toBe(409)
    expect(problemOf(answer).hint).toMatch(/never blocked; block the attacker/)
  })

  test('a number beyond all numbers', async () => {
    const answer = await api.call('POST', '/v1/blocks', {
      token: await api.token(['block']),
      body: '{"target": "192.0.2.64", "ttlSeconds": 1e999}',
    })
    expect(problemOf(answer).errors).toMatchObject([{ field: 'ttlSeconds', value: 'Infinity' }])
  })
})
