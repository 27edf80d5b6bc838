import { Database } from '../../../../src/record/sqlite/driver.ts'
import { describe, expect, it } from 'vitest'
import { parseCidr } from '../../../../src/net/cidr.ts'
import { TEN_OCLOCK_US } from '../../../support/detection/detections.ts'
import {
  batchOf,
  flow,
  insertFlows,
  openedRecord,
  owner,
  temporaryFolder,
} from '../../../support/record.ts'

const startingAt = (second: number) => ({
  startUs: TEN_OCLOCK_US + second * 1e6,
  endUs: TEN_OCLOCK_US + second * 1e6 + 500_000,
})

describe('FlowLog', () => {
  it('gives back every fact of a flow', async () => {
    const { flows } = await openedRecord(await temporaryFolder())
    const unscored = { anomalyScore: null, attackScore: null, handshakeRttUs: null }
    const kept = [
      flow({
        ...startingAt(0),
        interface: 'tunnel-über-0',
        retransmissions: 3,
        process: owner({ command: 'größer="|\n' }),
      }),
      flow({
        ...startingAt(1),
        ipVersion: 6,
        originator: '2001:db8::1',
        responder: 'fe80::9',
        communityId: '1:Pp1i4oJfcCeP1F3xDSnBA5IsUeE=',
      }),
      flow({ ...startingAt(2), vlan: 4095, connState: 'S0', application: 'unknown', ...unscored }),
    ]
    flows.append(batchOf(...kept))
    await flows.flush()
    expect((await flows.list({ limit: 10 })).items).toEqual(kept.toReversed())
  })

  it('writes everything that was appended before it closes', async () => {
    const folder = await temporaryFolder()
    const { flows, close } = await openedRecord(folder)
    for (let index = 0; index < 2500; index += 1) flows.append(batchOf(flow(startingAt(index))))
    await close()
    const reopened = await openedRecord(folder, { mode: 'read' })
    const { items } = await reopened.flows.list({ limit: 3000 })
    expect(items).toHaveLength(2500)
  })

  it('drops what does not fit the queue, counts it, and keeps the rest', async () => {
    const { flows } = await openedRecord(await temporaryFolder(), {
      config: { maxQueuedFlows: 1000 },
    })
    const half = batchOf(...Array.from({ length: 500 }, () => flow()))
    for (const batch of [half, half, half]) flows.append(batch)
    expect(flows.dropped()).toBe(500)
    await flows.flush()
    expect((await flows.list({ limit: 2000 })).items).toHaveLength(1000)
    flows.append(batchOf(flow()))
    await flows.flush()
    expect(flows.dropped()).toBe(500)
  })

  it('takes a batch larger than the whole queue where nothing waits before it', async () => {
    const { flows } = await openedRecord(await temporaryFolder(), {
      config: { maxQueuedFlows: 1000 },
    })
    flows.append(batchOf(...Array.from({ length: 1500 }, () => flow())))
    await flows.flush()
    expect(flows.dropped()).toBe(0)
    expect((await flows.list({ limit: 2000 })).items).toHaveLength(1500)
  })

  it('joins the small batches of a quiet host, and keeps every flow and its place', async () => {
    const folder = await temporaryFolder()
    const batches = () => {
      const database = new Database(`${folder}/picket.db`, { readonly: true })
      const count = database.prepare('SELECT count(*) FROM flow_batches').pluck().get()
      database.close()
      return count as number
    }
    const write = async (from: number, to: number): Promise<void> => {
      const { flows, close } = await openedRecord(folder)
      for (let port = from; port < to; port += 1) {
        flows.append(batchOf(flow({ originatorPort: port, interface: `eth${port % 3}` })))
        await flows.flush()
      }
      await close()
    }
    await write(0, 40)
    expect(batches()).toBe(40)
    await write(40, 100)
    expect(batches()).toBe(36)
    const { flows } = await openedRecord(folder, { mode: 'read' })
    const { items } = await flows.list({ limit: 1000 })
    expect(items.map((item) => item.originatorPort)).toEqual(
      Array.from({ length: 100 }, (_, index) => 99 - index),
    )
    expect(items.every((item) => item.interface === `eth${item.originatorPort % 3}`)).toBe(true)
  })

  it('keeps nothing where the configuration wants no flows', async () => {
    const { flows } = await openedRecord(await temporaryFolder(), { config: { flows: false } })
    flows.append(batchOf(flow()))
    await flows.flush()
    expect((await flows.list({ limit: 10 })).items).toEqual([])
    expect(flows.dropped()).toBe(0)
  })
})

describe('FlowLog.list', () => {
  it('pages newest first, while flows are added', async () => {
    const { flows } = await openedRecord(await temporaryFolder())
    for (let port = 0; port < 50; port += 1) {
      flows.append(batchOf(flow({ ...startingAt(port), originatorPort: port })))
      await flows.flush()
    }
    const ports: number[] = []
    let cursor: string | undefined
    do {
      const page = await flows.list({ limit: 8, cursor })
      ports.push(...page.items.map(({ originatorPort }) => originatorPort))
      cursor = page.nextCursor ?? undefined
      flows.append(batchOf(flow({ ...startingAt(100), originatorPort: 9999 })))
      await flows.flush()
    } while (cursor !== undefined)
    expect(ports).toEqual(Array.from({ length: 50 }, (_, index) => 49 - index))
  })

  it('finds rare and common addresses on either side, behind many others', async () => {
    const { flows, path } = await openedRecord(await temporaryFolder())
    const rare = [
      flow({ ...startingAt(0), originator: '203.0.113.9', originatorPort: 1 }),
      flow({ ...startingAt(1), responder: '203.0.113.200', originatorPort: 2 }),
      flow({
        ...startingAt(2),
        originator: '203.0.113.9',
        responder: '203.0.113.9',
        originatorPort: 3,
      }),
    ]
    flows.append(batchOf(...rare))
    await flows.flush()
    insertFlows(path, 25_000, startingAt(10))
    const ports = async (text: string) => {
      const { items } = await flows.list({ address: parseCidr(text)!, limit: 10 })
      return items.map((item) => item.originatorPort)
    }
    expect(await ports('203.0.113.0/24')).toEqual([3, 2, 1])
    expect(await ports('203.0.113.9')).toEqual([3, 1])
    expect(await ports('10.0.0.0/8')).toHaveLength(10)
    expect(await ports('198.51.100.1')).toEqual([])
    const first = await flows.list({ address: parseCidr('203.0.113.0/24')!, limit: 2 })
    const second = await flows.list({
      address: parseCidr('203.0.113.0/24')!,
      limit: 2,
      cursor: first.nextCursor!,
    })
    expect([...first.items, ...second.items].map((item) => item.originatorPort)).toEqual([3, 2, 1])
    expect(second.nextCursor).toBeNull()
  })

  it.each([
    ['port', { port: 53 }, [53]],
    ['protocol', { protocol: 17 }, [53]],
    ['time: still going on then', { fromUs: TEN_OCLOCK_US + 5_400_000 }, [7, 5]],
    ['time: begun before', { toUs: TEN_OCLOCK_US + 5e6 }, [53]],
    ['Community ID', { communityId: '1:8xb20qFRqslZsVr3qZ9+WDK7W6g=' }, [5]],
  ])('filters by %s', async (_, query, found) => {
    const { flows } = await openedRecord(await temporaryFolder())
    flows.append(
      batchOf(
        flow({ ...startingAt(1), responderPort: 53, protocol: 17 }),
        flow({ ...startingAt(5), responderPort: 5 }),
        flow({ ...startingAt(7), responderPort: 7 }),
      ),
    )
    await flows.flush()
    const { items } = await flows.list({ ...query, limit: 10 })
    expect(items.map(({ responderPort }) => responderPort)).toEqual(found)
  })

  it('refuses the cursor of another listing', async () => {
    const { events, flows } = await openedRecord(await temporaryFolder())
    await expect(flows.list({ limit: 1, cursor: 'bm90IG91cnM' })).rejects.toThrow(
      /not one this listing gave/,
    )
    await expect(events.list({ limit: 1, cursor: 'bm90IG91cnM' })).rejects.toThrow(
      /not one this listing gave/,
    )
  })
})
