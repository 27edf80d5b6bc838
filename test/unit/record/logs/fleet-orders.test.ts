import { describe, expect, it } from 'vitest'
import {
  FLEET_ORDER_LIFE_MS,
  type StoredFleetOrder,
} from '../../../../src/record/logs/fleet-orders.ts'
import { SetClock } from '../../../support/response/blocking.ts'
import { openedRecord, temporaryFolder } from '../../../support/record.ts'

const ID = '019b8d2a-0000-7000-8000-00000000000'
const order = (changes: Partial<StoredFleetOrder> = {}): StoredFleetOrder => ({
  ...{ id: `${ID}1`, sequence: 7, orderer: 'soc', issuedAtMs: 1000, expiresAtMs: 2000 },
  ...{ body: '{"target":"192.0.2.7"}', receivedAtMs: 1500, verdict: null },
  ...changes,
})
const row = { actor: 'fleet:soc', action: 'fleet.order-received', subject: ID, details: {} }

describe('FleetOrders', () => {
  it('keeps orders, what came of them and the position over a restart, each change audited', async () => {
    const folder = await temporaryFolder()
    const verdict = { outcome: 'refused', guard: 'gateway', detail: 'no', decidedAtMs: 9 } as const
    const { fleetOrders, audit, close } = await openedRecord(folder, { clock: new SetClock(1000) })
    expect(fleetOrders.position('prod')).toBeNull()
    await fleetOrders.save(order(), row)
    expect(fleetOrders.get(`${ID}1`)).toEqual(order())
    await fleetOrders.save(order({ verdict }), { ...row, action: 'fleet.order-refused' })
    await fleetOrders.save(order({ id: `${ID}2`, issuedAtMs: 1100 }), row)
    await fleetOrders.advance('prod', { streamCreatedAt: 'then', sequence: 6 })
    await fleetOrders.advance('prod', { streamCreatedAt: 'then', sequence: 7 })
    expect(await audit.verify()).toMatchObject({ isIntact: true, rows: 3 })
    await close()
    const again = (await openedRecord(folder, { mode: 'read' })).fleetOrders
    expect(again.list(5)).toEqual([order({ id: `${ID}2`, issuedAtMs: 1100 }), order({ verdict })])
    expect(again.list(1)).toHaveLength(1)
    expect(again.position('prod')).toEqual({ streamCreatedAt: 'then', sequence: 7 })
    expect(again.position('test')).toBeNull()
  })

  it('forgets orders a month after their end, and not before', async () => {
    const clock = new SetClock(2000 + FLEET_ORDER_LIFE_MS)
    const { fleetOrders } = await openedRecord(await temporaryFolder(), { clock })
    const later = (id: string) => order({ id: `${ID}${id}`, expiresAtMs: 1e15 })
    await fleetOrders.save(order(), row)
    await fleetOrders.save(later('2'), row)
    expect(fleetOrders.get(`${ID}1`)).not.toBeNull()
    clock.advanceSeconds(1)
    await fleetOrders.save(later('3'), row)
    expect(fleetOrders.get(`${ID}1`)).toBeNull()
    expect(fleetOrders.list(9)).toHaveLength(2)
  })
})
