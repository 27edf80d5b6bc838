import { describe, expect, it } from 'vitest'
import type { Event } from '../../../src/record/event.ts'
import { servedApi } from '../../support/api/api-server.ts'
import { stories, story } from '../../support/record.ts'

const forward = { forward: true }

interface Page {
  readonly items: readonly Event[]
  readonly nextCursor: string | null
}

async function servedStates() {
  const api = await servedApi()
  const often = story({ count: 1 })
  await api.record.events.save([often, ...stories(9)], forward)
  await api.record.events.save([{ ...often, event: { ...often.event, count: 2 } }], forward)
  const token = await api.token(['read', 'admin'])
  const get = (path: string) => api.call('GET', path, { token })
  return { api, token, get }
}

describe('event states by number', () => {
  it('are listed lowest first, each as it stood then, page by page', async () => {
    const { get } = await servedStates()
    const found: Event[] = []
    let cursor = ''
    do {
      const page = (await get(`/v1/events?fromSequence=1&toSequence=11&limit=4${cursor}`))
        .body as Page
      found.push(...page.items)
      cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`
    } while (cursor !== '')
    expect(found.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 11 }, (_, i) => i + 1),
    )
    expect([found[0], found[10]]).toMatchObject([
      { revision: 1, count: 1 },
      { revision: 2, count: 2, id: found[0]!.id },
    ])
  })

  it('need only one end of the range', async () => {
    const { get } = await servedStates()
    const numbers = async (query: string) =>
      ((await get(`/v1/events?${query}`)).body as Page).items.map(({ sequence }) => sequence)
    expect(await numbers('fromSequence=9')).toEqual([9, 10, 11])
    expect(await numbers('toSequence=2')).toEqual([1, 2])
  })

  it.each([
    ['fromSequence=5&toSequence=4', 'toSequence', 'must be 5 or more'],
    ['fromSequence=0', 'fromSequence', 'must be from 1'],
    ['fromSequence=5&kind=scan', 'kind', 'does not go with fromSequence'],
    ['fromSequence=5&cursor=abc', 'cursor', 'nextCursor of the page before'],
  ])('are refused for %s, and the fault is named', async (query, field, message) => {
    const { get } = await servedStates()
    const { status, body } = await get(`/v1/events?${query}`)
    expect(status).toBe(400)
    expect(body).toMatchObject({
      errors: [{ field, message: expect.stringContaining(message) as string }],
    })
  })
})

describe('sinks', () => {
  it('are listed with how far they have got, also while no agent serves them', async () => {
    const { api, get } = await servedStates()
    await api.record.outbox.advance('siem', 8)
    expect((await get('/v1/sinks')).body).toMatchObject({
      items: [
        { name: 'siem', type: 'syslog', state: 'stopped', position: 8, backlog: 3, replay: null },
      ],
    })
  })

  it('are sent a range again on order, which is audited and outlives the agent', async () => {
    const { api, token, get } = await servedStates()
    await api.record.outbox.advance('siem', 8)
    const order = (path: string, body: object) => api.call('POST', path, { token, body })
    const answer = await order('/v1/sinks/siem/replay', { fromSequence: 3, toSequence: 20 })
    expect(answer).toMatchObject({
      status: 200,
      body: { sink: 'siem', fromSequence: 3, toSequence: 8, states: 6, missing: 0 },
    })
    expect((await get('/v1/sinks')).body).toMatchObject({
      items: [{ replay: { fromSequence: 3, toSequence: 8, position: 2 } }],
    })
    expect(api.audited('sink.replayed')).toMatchObject([
      { subject: 'siem', details: '{"fromSequence":3,"toSequence":8}' },
    ])
    const since = await order('/v1/sinks/siem/replay', { since: '2020-01-01T00:00:00Z' })
    expect(since.body).toMatchObject({ fromSequence: 1, toSequence: 8 })
    const later = await order('/v1/sinks/siem/replay', { since: '2999-01-01T00:00:00Z' })
    expect(later.body).toMatchObject({ states: 0, fromSequence: 0 })
  })

  it.each([
    ['siem', {}, 400],
    ['siem', { fromSequence: 3 }, 400],
    ['siem', { fromSequence: 3, toSequence: 2 }, 400],
    ['siem', { since: '2026-01-01T00:00:00Z', toSequence: 2 }, 400],
    ['siem', { since: 'yesterday' }, 400],
    ['siem', { fromSequence: 9, toSequence: 10 }, 409],
    ['nobody', { fromSequence: 1, toSequence: 2 }, 404],
  ])('refuse a replay to %s of %j with %i', async (name, body, status) => {
    const { api, token } = await servedStates()
    await api.record.outbox.advance('siem', 8)
    const answer = await api.call('POST', `/v1/sinks/${name}/replay`, { token, body })
    expect(answer.status).toBe(status)
    expect(api.record.outbox.replays('siem')).toEqual([])
  })

  it('are nothing that a reader may order about', async () => {
    const { api } = await servedStates()
    const token = await api.token(['read'])
    const body = { fromSequence: 1, toSequence: 2 }
    expect((await api.call('POST', '/v1/sinks/siem/replay', { token, body })).status).toBe(403)
  })
})
