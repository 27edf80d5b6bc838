/** Blocking through the API: scopes, many at once, simulation, the allowlist, and passing guards. */
import { expect, test } from 'vitest'
import type { components } from '../../../openapi/contract.d.ts'
import { settableClock, servedApi } from '../../support/api/api-server.ts'
import { batchOf, flow } from '../../support/record.ts'

type Schemas = components['schemas']

test('a block of ports is another than that of the whole target, and is shown as it was ordered', async () => {
  const api = await servedApi()
  const token = await api.token(['read', 'block'])
  const ssh = { target: '192.0.2.7', direction: 'in', protocol: 'tcp', ports: [22, '8000-8100'] }
  const first = await api.call('POST', '/v1/blocks', { token, body: ssh })
  expect(first.status).toBe(201)
  expect(first.body).toMatchObject({ ...ssh, state: 'active', stoppedPackets: 0 })
  expect((first.body as Schemas['Block']).verifiedAt).not.toBeNull()
  expect((await api.call('POST', '/v1/blocks', { token, body: ssh })).status).toBe(200)
  const whole = await api.call('POST', '/v1/blocks', { token, body: { target: '192.0.2.7' } })
  expect(whole.status).toBe(201)
})

test.each([['8100-8000'], ['70000'], ['22-70000']])(
  'the ports %s are none, and nothing is blocked',
  async (ports) => {
    const api = await servedApi()
    const token = await api.token(['block'])
    const body = { target: '192.0.2.7', protocol: 'tcp', ports: [22, ports] }
    const answer = await api.call('POST', '/v1/blocks', { token, body })
    expect(answer.status).toBe(400)
    expect(answer.body).toMatchObject({ errors: [{ field: 'ports.1', value: ports }] })
    expect(api.record.blocks.standing()).toEqual([])
  },
)

test('ports without a protocol that has them are refused with the field', async () => {
  const api = await servedApi()
  const token = await api.token(['block'])
  const body = { blocks: [{ target: '192.0.2.7' }, { target: '192.0.2.8', ports: [22] }] }
  const answer = await api.call('POST', '/v1/blocks/bulk', { token, body })
  expect(answer.status).toBe(400)
  expect(answer.body).toMatchObject({ errors: [{ field: 'blocks.1.ports' }] })
  expect(api.record.blocks.standing()).toEqual([])
})

test('of many at once each is told what came of it, and all are lifted together', async () => {
  const api = await servedApi()
  const token = await api.token(['read', 'block'])
  const blocks = ['192.0.2.1', '2001:db8::/64', '198.51.100.1', '192.0.2.1']
  const body = { blocks: blocks.map((target) => ({ target, reason: 'ticket' })) }
  const answer = await api.call('POST', '/v1/blocks/bulk', { token, body })
  expect(answer.body).toMatchObject({ created: 2, extended: 0, unchanged: 1, refused: 1 })
  const { items } = answer.body as Schemas['BlockOutcomes']
  expect(items[2]).toMatchObject({ outcome: 'refused', problem: { guard: 'own-address' } })
  const some = await api.call('DELETE', '/v1/blocks?target=192.0.2.0/24', { token })
  expect((some.body as Schemas['BlockList']).items).toMatchObject([{ target: '192.0.2.1' }])
  const rest = await api.call('DELETE', '/v1/blocks', { token })
  expect((rest.body as Schemas['BlockList']).items).toMatchObject([
    { target: '2001:db8::/64', state: 'lifted' },
  ])
  expect((rest.body as Schemas['BlockList']).items[0]!.liftedBy).toContain('token:')
})

test('a simulation names peers, services and programs of logged flows, and changes nothing', async () => {
  const clock = settableClock()
  const api = await servedApi({ clock })
  const token = await api.token(['read'])
  const nowUs = clock.nowMs() * 1000
  const times = { startUs: nowUs - 60e6, endUs: nowUs - 59e6 }
  const web = flow({ ...times, originator: '192.0.2.7', responder: '10.0.0.5', responderPort: 443 })
  const ssh = flow({ ...times, originator: '192.0.2.8', responder: '10.0.0.5', responderPort: 22 })
  const old = flow({ startUs: nowUs - 30 * 3600e6, endUs: nowUs - 29 * 3600e6 })
  const other = flow({ ...times, originator: '203.0.113.1', responder: '10.0.0.5' })
  api.record.flows.append(batchOf(web, ssh, old, other))
  await api.record.flows.flush()
  const ask = async (body: object) =>
    (await api.call('POST', '/v1/blocks/simulate', { token, body }))
      .body as Schemas['BlockSimulation']
  const whole = await ask({ target: '192.0.2.0/24' })
  expect(whole).toMatchObject({ flows: 2, isComplete: true, refusal: null, administrators: [] })
  expect(whole.peers.map(({ address }) => address).sort()).toEqual(['192.0.2.7', '192.0.2.8'])
  const part = await ask({ target: '192.0.2.0/24', direction: 'in', protocol: 'tcp', ports: [22] })
  expect(part.services).toMatchObject([{ address: '10.0.0.5', port: 22, protocol: 'tcp' }])
  expect((await ask({ target: '192.0.2.0/24', hours: 48 })).flows).toBe(3)
  expect((await ask({ target: '198.51.100.1' })).refusal).toMatchObject({ guard: 'own-address' })
  expect(api.record.blocks.standing()).toEqual([])
})

test('a simulation shows the connections that are open now, with their programs', async () => {
  const api = await servedApi()
  const token = await api.token(['read'])
  const body = { target: '127.0.0.1' }
  const answer = await api.call('POST', '/v1/blocks/simulate', { token, body })
  const { sockets } = answer.body as Schemas['BlockSimulation']
  const port = Number(new URL(api.url).port)
  expect(sockets.find(({ localPort }) => localPort === port)).toMatchObject({
    protocol: 'tcp',
    remoteAddress: '127.0.0.1',
    process: { pid: process.pid },
  })
})

test('an entry of the allowlist lifts what touches it, is listed until it ends, and is removed', async () => {
  const clock = settableClock()
  const api = await servedApi({ clock })
  const token = await api.token(['admin'])
  const { body: block } = await api.call('POST', '/v1/blocks', {
    token,
    body: { target: '192.0.2.70' },
  })
  const entry = { range: '192.0.2.64/28', comment: 'our scanner', ttlSeconds: 60 }
  const added = await api.call('POST', '/v1/allowlist', { token, body: entry })
  expect(added.status).toBe(201)
  const { id, liftedBlocks } = added.body as Schemas['NewAllowlistEntry']
  expect(liftedBlocks).toEqual([(block as Schemas['Block']).id])
  const listed = async () =>
    ((await api.call('GET', '/v1/allowlist', { token })).body as Schemas['AllowlistEntryList'])
      .items
  expect(await listed()).toMatchObject([{ range: '192.0.2.64/28', comment: 'our scanner' }])
  clock.set(clock.nowMs() + 61_000)
  expect(await listed()).toEqual([])
  const removed = await api.call('DELETE', `/v1/allowlist/${id}`, { token })
  expect(removed.body).toMatchObject({ id, range: '192.0.2.64/28' })
  expect(api.audited('allowlist.added')).toHaveLength(1)
  expect(api.audited('allowlist.removed')).toHaveLength(1)
  const other = await api.token(['block'])
  expect((await api.call('POST', '/v1/allowlist', { token: other, body: entry })).status).toBe(403)
})

test('an override needs the scope admin, and never reaches the host itself', async () => {
  const api = await servedApi()
  const body = { target: '203.0.0.0/12', override: true }
  const mere = await api.call('POST', '/v1/blocks', { token: await api.token(['block']), body })
  expect([mere.status, (mere.body as Schemas['Problem']).scope]).toEqual([403, 'admin'])
  const token = await api.token(['admin'])
  expect((await api.call('POST', '/v1/blocks', { token, body })).status).toBe(201)
  expect(api.audited('block.ordered')[0]!.details).toContain('"overridden":["range-too-wide"]')
  const own = { target: '198.51.100.1', override: true }
  expect((await api.call('POST', '/v1/blocks', { token, body: own })).status).toBe(409)
})
