/** The fleet as the API tells of it, on a host that obeys and on one that orders. */
import { describe, expect, it } from 'vitest'
import { writeOrder, type FleetOrder } from '../../../src/fleet/orders/order.ts'
import { servedApi } from '../../support/api/api-server.ts'
import { fleetOf, ordererKey } from '../../support/response/fleet.ts'
import { freePort } from '../../support/hosts/free-port.ts'
import { temporaryFolder } from '../../support/record.ts'

const ID = '0198c0de-0000-7000-8000-000000000031'
const ISSUED_MS = Date.UTC(2026, 0, 5, 10)
const order: FleetOrder = {
  ...{ id: ID, fleet: 'prod', to: { kind: 'group', name: 'web' }, action: 'block' },
  ...{ target: '192.0.2.7', direction: 'in', protocol: 'tcp', ports: [{ first: 22, last: 22 }] },
  ...{ reason: 'scans the shop', by: 'local:1000' },
  ...{ issuedAtMs: ISSUED_MS, expiresAtMs: ISSUED_MS + 3_600_000 },
}
const servers = ['nats://127.0.0.1:4222']

describe('on a host of the fleet, the API', () => {
  it('lists what the host was ordered, and what it made of it', async () => {
    const api = await servedApi({ fleet: fleetOf({ host: 'web1', groups: ['web'], servers }) })
    const token = await api.token(['read'])
    const verdict = {
      ...({ outcome: 'refused', guard: 'gateway' } as const),
      ...{ detail: "it is this host's gateway", decidedAtMs: ISSUED_MS + 41 },
    }
    await api.record.fleetOrders.save(
      {
        ...{ id: ID, sequence: 3, orderer: 'soc', issuedAtMs: ISSUED_MS, verdict },
        ...{ expiresAtMs: order.expiresAtMs, receivedAtMs: ISSUED_MS + 40 },
        body: new TextDecoder().decode(writeOrder(order)),
      },
      { actor: 'fleet:soc', action: 'fleet.order-refused', subject: ID, details: {} },
    )
    const shown = {
      ...{ id: ID, fleet: 'prod', to: 'group:web', action: 'block', target: '192.0.2.7' },
      ...{ direction: 'in', protocol: 'tcp', ports: [22], reason: 'scans the shop' },
      ...{ orderer: 'soc', by: 'local:1000', issuedAt: '2026-01-05T10:00:00.000000Z' },
      ...{ expiresAt: '2026-01-05T11:00:00.000000Z', awaited: [] },
      acknowledgements: [
        {
          ...{ host: 'web1', outcome: 'refused', guard: 'gateway' },
          ...{ detail: "it is this host's gateway", at: '2026-01-05T10:00:00.041000Z' },
        },
      ],
    }
    expect((await api.call('GET', '/v1/fleet/orders', { token })).body).toEqual({ items: [shown] })
    expect((await api.call('GET', `/v1/fleet/orders/${ID}`, { token })).body).toEqual(shown)
    const none = `/v1/fleet/orders/${ID.replace('31', '32')}`
    expect((await api.call('GET', none, { token })).status).toBe(404)
  })

  it('takes no orders for the others, and needs the scope admin even to say so', async () => {
    const api = await servedApi({ fleet: fleetOf({ host: 'web1', servers }) })
    const body = { action: 'block', target: '192.0.2.7' }
    const blocking = await api.token(['read', 'block'])
    const post = (token: string, more = {}) =>
      api.call('POST', '/v1/fleet/orders', { token, body: { ...body, ...more } })
    expect((await post(blocking)).status).toBe(403)
    const admin = await api.token(['read', 'admin'])
    expect(await post(admin)).toMatchObject({
      status: 409,
      body: { type: 'urn:picket:problem:not-an-orderer', detail: 'this host is no orderer' },
    })
    expect(await post(admin, { to: 'everybody' })).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'to', value: 'everybody' }] },
    })
    expect(await post(admin, { ports: [22] })).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'ports' }] },
    })
    expect((await api.call('GET', '/v1/fleet/hosts', { token: admin })).status).toBe(409)
  })
})

it('where the fleet is ordered from, the API says that the bus cannot be reached, and why', async () => {
  const { keyFile } = ordererKey(await temporaryFolder(), 'soc')
  const port = await freePort()
  const orderer = { name: 'soc', keyFile }
  const fleet = fleetOf({ servers: [`nats://127.0.0.1:${port}`], orderer })
  const api = await servedApi({ fleet })
  const token = await api.token(['read', 'admin'])
  const body = { action: 'lift', target: '192.0.2.7' }
  expect(await api.call('POST', '/v1/fleet/orders', { token, body })).toMatchObject({
    status: 503,
    body: {
      type: 'urn:picket:problem:fleet-unavailable',
      detail: expect.stringMatching(
        /^the bus of the fleet prod does not do it: .*refused/i,
      ) as string,
    },
  })
})
