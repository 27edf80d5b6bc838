import { beforeEach, describe, expect, test } from 'vitest'
import { PicketError } from '../../../src/core/errors.ts'
import { parseCidr } from '../../../src/net/cidr.ts'
import type { Blocker } from '../../../src/respond/blocker.ts'
import { guardAll } from '../../../src/respond/guards/refusal.ts'
import { blockerOver, partsInMemory, START_MS } from '../../support/response/blocker-in-memory.ts'
import { AUTOMATIC, OPEN_FACTS, orderFor, portRanges } from '../../support/response/blocking.ts'

let parts: ReturnType<typeof partsInMemory>
let blocker: Blocker

beforeEach(() => {
  parts = partsInMemory()
  blocker = blockerOver(parts)
})

describe('many orders at once', () => {
  test('are written once each way, and each has its own outcome', async () => {
    await blocker.order(orderFor('192.0.2.1', { ttlSeconds: 60 }))
    const written = parts.blocks.writes
    const outcomes = await blocker.orderAll([
      orderFor('192.0.2.1', { ttlSeconds: 600 }),
      orderFor('192.0.2.2'),
      orderFor('192.0.2.2'),
      orderFor('nonsense'),
      orderFor('127.0.0.1'),
    ])
    expect(outcomes.map((one) => (one.kind === 'block' ? one.outcome : one.error.code))).toEqual([
      ...['extended', 'created', 'unchanged', 'ERR_API_REQUEST', 'ERR_BLOCK_REFUSED'],
    ])
    expect(parts.blocks.writes - written).toBe(2)
    expect(await parts.firewall.list()).toHaveLength(2)
  })

  test('are written right behind what is to be in the record with them, and enforced after both', async () => {
    const told: string[] = []
    let letGo: () => void = () => undefined
    const written = new Promise<void>((resolve) => (letGo = resolve))
    const blocks = Object.assign(Object.create(parts.blocks) as typeof parts.blocks, {
      save(changes: Parameters<typeof parts.blocks.save>[0]) {
        told.push(...changes.map(({ audit }) => audit.action))
        return parts.blocks.save(changes)
      },
    })
    const ordered = blockerOver({ ...parts, blocks }).orderAll([orderFor('192.0.2.1')], () => {
      told.push('the event')
      return written
    })
    await expect.poll(() => told).toEqual(['the event', 'block.ordered'])
    expect(await parts.firewall.list()).toHaveLength(0)
    letGo()
    await ordered
    expect(await parts.firewall.list()).toHaveLength(1)
  })

  test('are not enforced where what is to be in the record with them is not', async () => {
    const fault = new PicketError('ERR_RECORD_WRITE', 'the disk is full')
    const ordered = blocker.orderAll([orderFor('192.0.2.1')], () => Promise.reject(fault))
    await expect(ordered).rejects.toBe(fault)
    expect(await parts.firewall.list()).toHaveLength(0)
    expect(parts.blocks.standing()).toMatchObject([{ target: '192.0.2.1', state: 'pending' }])
    await blocker.orderAll([orderFor('192.0.2.1')], () => Promise.resolve())
    expect(parts.blocks.standing()).toMatchObject([{ target: '192.0.2.1', state: 'active' }])
  })

  test('count against the most blocks as if they came one after the other', async () => {
    const small = blockerOver(parts, { maxActiveBlocks: 2 })
    const targets = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((target) => orderFor(target))
    const outcomes = await small.orderAll(targets)
    expect(outcomes.map(({ kind }) => kind)).toEqual(['block', 'block', 'refused'])
  })
})

describe('the allowlist that people keep', () => {
  const entry = { range: '192.0.2.0/28', comment: 'our scanner' }

  test('counts as it is when the order is carried out, however fresh what is known of the host', async () => {
    let allowed: (typeof entry)[] = []
    blocker = blockerOver(parts, {}, { allowedNow: () => allowed })
    blocker.prepare()
    await blocker.order(orderFor('192.0.2.1', { source: 'policy' }))
    allowed = [entry]
    await expect(blocker.order(orderFor('192.0.2.2', { source: 'policy' }))).rejects.toMatchObject({
      guard: 'allowlist',
      why: expect.stringContaining('our scanner') as unknown,
    })
    allowed = []
    await expect(blocker.order(orderFor('192.0.2.2'))).resolves.toMatchObject({ created: true })
  })
})

describe('the scope of a block', () => {
  test('makes it another block than that of the whole target', async () => {
    const ssh = { direction: 'in', protocol: 'tcp', ports: portRanges(2222, 22, 22) } as const
    const whole = await blocker.order(orderFor('192.0.2.7'))
    const part = await blocker.order(orderFor('192.0.2.7', ssh))
    const again = await blocker.order(
      orderFor('192.0.2.7', { ...ssh, ports: portRanges(22, 2222) }),
    )
    expect([whole.created, part.created, again.created]).toEqual([true, true, false])
    expect(part.block).toMatchObject({
      direction: 'in',
      protocol: 'tcp',
      ports: portRanges(22, 2222),
    })
    expect(await parts.firewall.list()).toHaveLength(3)
  })

  test('of ranges is told with those joined that touch, and all ports are no ports', async () => {
    const web = { protocol: 'tcp', ports: portRanges('8050-8200', 80, '8000-8100', 81) } as const
    const { block } = await blocker.order(orderFor('192.0.2.7', web))
    expect(block.ports).toEqual(portRanges('80-81', '8000-8200'))
    const every = { protocol: 'tcp', ports: portRanges('0-65535') } as const
    expect((await blocker.order(orderFor('192.0.2.7', every))).block.ports).toEqual([])
  })

  test('of more different ranges than every packet should be held against is refused', async () => {
    const inTcp = { direction: 'in', protocol: 'tcp' } as const
    const of = (first: number) => ({ ...inTcp, ports: portRanges(`${first}-${first + 1}`) })
    const many = Array.from({ length: 65 }, (_, at) => orderFor('192.0.2.7', of(at * 10)))
    const outcomes = await blocker.orderAll(many)
    expect(outcomes.filter(({ kind }) => kind === 'block')).toHaveLength(64)
    expect(outcomes[64]).toMatchObject({ error: { guard: 'firewall-full' } })
    expect((await blocker.order(orderFor('192.0.2.8', of(0)))).created).toBe(true)
  })

  test('of ports that two blocks share keeps them closed until both are lifted', async () => {
    const web = { protocol: 'tcp', ports: portRanges(80, 443) } as const
    const first = await blocker.order(orderFor('192.0.2.7', web))
    await blocker.order(orderFor('192.0.2.7', { ...web, ports: portRanges(443, 8443) }))
    await blocker.lift(first.block.id, 'local:0')
    expect((await parts.firewall.list()).map(({ ports }) => ports)).toEqual(portRanges(443, 8443))
  })

  test.each([
    ['without a protocol', { ports: portRanges(22) }],
    ['of a protocol that has none', { protocol: 'icmp', ports: portRanges(22) }],
    ['too many', { protocol: 'tcp', ports: portRanges(...Array.from({ length: 65 }, (_, at) => 2 * at)) }], // prettier-ignore
  ] as const)('with ports %s is refused', async (_, scope) => {
    await expect(blocker.order(orderFor('192.0.2.7', scope))).rejects.toMatchObject({
      code: 'ERR_API_REQUEST',
      message: expect.stringContaining('ports') as string,
    })
    expect(parts.blocks.audit).toEqual([])
  })
})

describe('an automatic block', () => {
  const byPolicy = { source: 'policy', actor: 'policy:port-scan', orderedBy: 'port-scan' } as const

  test('lasts longer each time, up to the longest', async () => {
    const lengths: number[] = []
    for (let round = 0; round < 4; round += 1) {
      const order = orderFor('192.0.2.7', { ...byPolicy, ttlSeconds: 100_000 })
      const { block } = await blocker.order(order)
      lengths.push((block.expiresAtMs! - block.createdAtMs) / 1000)
      parts.clock.advanceSeconds(lengths.at(-1)! + 1)
    }
    expect(lengths).toEqual([100_000, 200_000, 400_000, 604_800])
  })

  test('that is ordered again while it stands is not longer for that', async () => {
    const order = orderFor('192.0.2.7', { ...byPolicy, ttlSeconds: 600 })
    await blocker.order(order)
    parts.clock.advanceSeconds(300)
    expect((await blocker.order(order)).block.expiresAtMs).toBe(START_MS + 900_000)
  })

  test('always ends, whatever was asked for', async () => {
    const { block } = await blocker.order(orderFor('192.0.2.7', { ...byPolicy, ttlSeconds: null }))
    expect(block.expiresAtMs).toBe(START_MS + 604_800_000)
  })

  test('is not made where somebody has lifted one, until a while has passed', async () => {
    const { block } = await blocker.order(orderFor('192.0.2.7', byPolicy))
    await blocker.lift(block.id, 'token:tok2')
    await expect(blocker.order(orderFor('192.0.2.7', byPolicy))).rejects.toMatchObject({
      guard: 'lifted-recently',
    })
    expect((await blocker.order(orderFor('192.0.2.7'))).created).toBe(true)
    await blocker.liftAll('token:tok2')
    parts.clock.advanceSeconds(AUTOMATIC.liftQuietSeconds + 1)
    expect((await blocker.order(orderFor('192.0.2.7', byPolicy))).created).toBe(true)
  })

  test('takes the network of an IPv6 address where that is configured; an ordered one does not', async () => {
    const wide = blockerOver(parts, {}, { automatic: { ...AUTOMATIC, ipv6Prefix: 64 } })
    const automatic = await wide.order(orderFor('2001:db8:1:2:3::4', byPolicy))
    expect(automatic.block.target).toBe('2001:db8:1:2::/64')
    const ordered = await wide.order(orderFor('2001:db8:9::4'))
    expect(ordered.block.target).toBe('2001:db8:9::4')
  })

  test('takes the address alone where its network holds somebody who is guarded', async () => {
    const guarded = guardAll('own-address', ['2001:db8:1:2::1'])
    const automatic = { ...AUTOMATIC, ipv6Prefix: 64 }
    const wide = blockerOver(parts, {}, { automatic, facts: { ...OPEN_FACTS, guarded } })
    const neighbour = await wide.order(orderFor('2001:db8:1:2::66', byPolicy))
    expect(neighbour.block.target).toBe('2001:db8:1:2::66')
    await expect(wide.order(orderFor('2001:db8:1:2::1', byPolicy))).rejects.toMatchObject({
      guard: 'own-address',
    })
  })
})

describe('an override', () => {
  const guarded = [...guardAll('allowlist', ['192.0.2.0/24']), ...guardAll('gateway', ['10.0.0.1'])]
  const facts = { ...OPEN_FACTS, guarded }

  test('passes a guard that is safe to pass, and the audit says which', async () => {
    const careful = blockerOver(parts, { maxActiveBlocks: 1 }, { facts })
    await careful.order(orderFor('192.0.2.7', { override: true }))
    expect(parts.blocks.audit[0]).toMatchObject({ details: { overridden: ['allowlist'] } })
    expect((await careful.order(orderFor('198.51.100.1', { override: true }))).created).toBe(true)
  })

  test.each(['10.0.0.1', '10.0.0.0/24', '127.0.0.1', '0.0.0.0/0', '8.0.0.0/7', '::/16'])(
    'never reaches %s',
    async (target) => {
      const careful = blockerOver(parts, {}, { facts })
      const order = orderFor(target, { override: true })
      await expect(careful.order(order)).rejects.toMatchObject({ code: 'ERR_BLOCK_REFUSED' })
    },
  )

  test('never reaches the one who orders', async () => {
    const order = orderFor('203.0.113.9', { override: true, callerAddress: '203.0.113.9' })
    await expect(blocker.order(order)).rejects.toMatchObject({ guard: 'caller' })
  })
})

test('in panic nothing is held, nothing stands, and nothing is made until it is over', async () => {
  const panic = { isOn: false, read: () => (panic.isOn ? { by: 'root', sinceMs: 0 } : null) }
  const panicking = blockerOver(parts, {}, { panic })
  await panicking.order(orderFor('192.0.2.7'))
  panic.isOn = true
  await panicking.start()
  expect(await parts.firewall.list()).toEqual([])
  expect(parts.blocks.standing()).toEqual([])
  await expect(panicking.order(orderFor('192.0.2.7'))).rejects.toMatchObject({ guard: 'panic' })
  expect(panicking.status().problem).toContain('picket panic --end')
  panic.isOn = false
  expect((await panicking.order(orderFor('192.0.2.7'))).created).toBe(true)
  await panicking.stop()
})

test('what a block stopped and when it was last seen in force is told, and kept when it is lifted', async () => {
  let counted = { packets: 0, bytes: 0 }
  const { firewall, clock } = parts
  const list = async () => (await firewall.list()).map((entry) => ({ ...entry, ...counted }))
  const counting = blockerOver({ ...parts, firewall: { ...firewall, list } })
  const { block } = await counting.order(orderFor('192.0.2.7'))
  expect(block.verifiedAtMs).toBe(START_MS)
  counted = { packets: 3, bytes: 180 }
  clock.advanceSeconds(10)
  await counting.reconcile()
  const told = { verifiedAtMs: START_MS + 10_000, stoppedPackets: 3, stoppedBytes: 180 }
  expect(counting.told(block)).toMatchObject(told)
  // The set was made anew in between: it counts from nothing.
  counted = { packets: 2, bytes: 120 }
  const lifted = await counting.lift(block.id, 'local:0')
  expect(lifted).toMatchObject({ stoppedPackets: 5, stoppedBytes: 300, liftedBy: 'local:0' })
})

test('a refusal can be asked for beforehand, and nothing is changed by that', async () => {
  expect(await blocker.refusalOf(orderFor('127.0.0.1'))).toMatchObject({ guard: 'special-range' })
  expect(await blocker.refusalOf(orderFor('192.0.2.7'))).toBeNull()
  expect(parts.blocks.audit).toEqual([])
})

test('blocks that touch a range are lifted together', async () => {
  for (const target of ['192.0.2.7', '192.0.0.0/16', '198.51.100.1']) {
    await blocker.order(orderFor(target))
  }
  const lifted = await blocker.liftTouching(parseCidr('192.0.2.0/24')!, 'local:0')
  expect(lifted.map(({ target }) => target)).toEqual(['192.0.2.7', '192.0.0.0/16'])
  expect((await parts.firewall.list()).map(({ target }) => target)).toEqual(['198.51.100.1'])
})

describe('a block of the fleet', () => {
  const byFleet = { source: 'fleet', orderedBy: 'soc/local:1000', actor: 'fleet:soc' } as const

  test('ends when its order says, however late it came, and is extended no further by a repeat', async () => {
    const expiresAtMs = START_MS + 600_000
    parts.clock.advanceSeconds(100)
    const first = await blocker.order(orderFor('192.0.2.7', { ...byFleet, expiresAtMs }))
    expect(first).toMatchObject({ created: true, block: { expiresAtMs, source: 'fleet' } })
    parts.clock.advanceSeconds(1)
    const again = await blocker.order(orderFor('192.0.2.7', { ...byFleet, expiresAtMs }))
    expect(again).toMatchObject({ created: false, block: { expiresAtMs } })
  })

  test('is an order of a person: neither lengthened, widened nor held off by an earlier lift', async () => {
    const wide = blockerOver(parts, {}, { automatic: { ...AUTOMATIC, ipv6Prefix: 64 } })
    const expiresAtMs = START_MS + 600_000
    const order = orderFor('2001:db8::7', { ...byFleet, expiresAtMs })
    const { block } = await wide.order(order)
    expect(block).toMatchObject({ target: '2001:db8::7', expiresAtMs })
    await wide.lift(block.id, 'local:0')
    expect((await wide.order(order)).block).toMatchObject({ state: 'active', expiresAtMs })
  })
})
