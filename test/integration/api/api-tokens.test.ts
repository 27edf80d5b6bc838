/** The life of a token, from its making to its end, as requests see it. */
import { describe, expect, test } from 'vitest'
import type { components } from '../../../openapi/contract.d.ts'
import { revokeToken } from '../../../src/api/index.ts'
import { servedApi, settableClock, type Answer } from '../../support/api/api-server.ts'

const problemOf = (answer: Answer) => answer.body as components['schemas']['Problem']
const idOf = (token: string): string => token.split('_')[1]!

describe('a request', () => {
  test('without a token is told how to bring one', async () => {
    const api = await servedApi()
    const answer = await api.call('GET', '/v1/events')
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="picket"')
    expect(problemOf(answer).hint).toContain('picket token create')
  })

  test.each([
    ['no token of ours', 'hello', /the form pkt_ID_SECRET/],
    ['an unknown id', `pkt_${'a'.repeat(12)}_${'b'.repeat(43)}`, /unknown/],
  ])('with %s is refused', async (_, token, detail) => {
    const api = await servedApi()
    const answer = await api.call('GET', '/v1/events', { token })
    expect(answer.status).toBe(401)
    expect(problemOf(answer).detail).toMatch(detail)
  })

  test('with the wrong secret is refused in the words for an unknown token', async () => {
    const api = await servedApi()
    const token = await api.token(['read'])
    const wrong = token.slice(0, -1) + (token.endsWith('a') ? 'b' : 'a')
    const answer = await api.call('GET', '/v1/events', { token: wrong })
    expect(problemOf(answer).detail).toBe('the token is unknown')
  })

  test('with basic authentication is refused', async () => {
    const api = await servedApi()
    const headers = { authorization: 'Basic cm9vdDpyb290' }
    expect((await api.call('GET', '/v1/health', { headers })).status).toBe(401)
  })

  test('without the scope is forbidden, and the scope is named', async () => {
    const api = await servedApi()
    const reader = await api.token(['read'])
    const body = { target: '192.0.2.7' }
    const answer = await api.call('POST', '/v1/blocks', { token: reader, body })
    expect(answer.status).toBe(403)
    expect(problemOf(answer)).toMatchObject({
      type: 'urn:picket:problem:forbidden',
      scope: 'block',
    })
    expect(api.record.blocks.standing()).toEqual([])
    const blocker = await api.token(['block'])
    expect((await api.call('GET', '/v1/events', { token: blocker })).status).toBe(403)
  })

  test('by an admin may do everything', async () => {
    const api = await servedApi()
    const token = await api.token(['admin'])
    const body = { target: '192.0.2.7' }
    expect((await api.call('GET', '/v1/events', { token })).status).toBe(200)
    expect((await api.call('POST', '/v1/blocks', { token, body })).status).toBe(201)
  })
})

describe('a token', () => {
  test('ends at its time, to the millisecond', async () => {
    const clock = settableClock(1_000_000)
    const api = await servedApi({ clock })
    const token = await api.token(['read'], 1_000_500)
    clock.set(1_000_499)
    expect((await api.call('GET', '/v1/events', { token })).status).toBe(200)
    clock.set(1_000_500)
    const answer = await api.call('GET', '/v1/events', { token })
    expect(answer.status).toBe(401)
    expect(problemOf(answer).detail).toBe('the token has expired')
  })

  test('that is revoked is refused at the very next request', async () => {
    const clock = settableClock()
    const api = await servedApi({ clock })
    const token = await api.token(['read'])
    expect((await api.call('GET', '/v1/events', { token })).status).toBe(200)
    await revokeToken(api.record.tokens, clock, idOf(token), 'local:0')
    const answer = await api.call('GET', '/v1/events', { token })
    expect(answer.status).toBe(401)
    expect(problemOf(answer).detail).toBe('the token has been revoked')
  })

  test('is nowhere in the record but as a salted hash', async () => {
    const api = await servedApi()
    const token = await api.token(['read'])
    const secret = token.split('_')[2]!
    expect(secret).toMatch(/^[0-9A-Za-z]{43}$/)
    expect(JSON.stringify(api.record.tokens.list())).not.toContain(secret)
    expect(api.record.tokens.get(idOf(token))!.hash).toMatch(/^[0-9a-f]{64}$/)
  })

  test('guessed a hundred times makes its peer wait, is audited ten times, and is an event', async () => {
    const api = await servedApi()
    for (let guess = 0; guess < 100; guess += 1) {
      const token = `pkt_${'a'.repeat(12)}_${'b'.repeat(43)}`
      const { status, headers } = await api.call('GET', '/v1/health', { token })
      expect(status).toBe(guess < 10 ? 401 : 429)
      if (guess >= 10) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    }
    // Tried again and again it is told at 10, 20, 40 and 80; a good token of the same address is served all the while.
    expect(api.detections).toHaveLength(4)
    expect(api.detections[0]).toMatchObject({
      kind: 'bruteforce.api',
      attacker: '127.0.0.1',
      victims: ['127.0.0.1'],
      count: 10,
    })
    const reader = await api.token(['read'])
    const { body } = await api.call('GET', '/metrics', { token: reader })
    expect(body).toMatch(/picket_api_logins_refused_total 100/)
    const refused = api.audited('login.refused')
    expect(refused).toHaveLength(10)
    expect(refused[0]).toMatchObject({ actor: 'agent', subject: 'a'.repeat(12) })
  })
})
