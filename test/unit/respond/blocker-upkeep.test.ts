import { afterEach, expect, test } from 'vitest'
import { PicketError } from '../../../src/core/errors.ts'
import { silentLog, type Log } from '../../../src/core/log/log.ts'
import type { Firewall } from '../../../src/respond/firewall.ts'
import type { Blocker } from '../../../src/respond/blocker.ts'
import type { GuardFacts } from '../../../src/respond/guards/refusal.ts'
import { until } from '../../support/await-until.ts'
import { OPEN_FACTS, orderFor, portRanges } from '../../support/response/blocking.ts'
import { blockerOver, partsInMemory } from '../../support/response/blocker-in-memory.ts'

let blocker: Blocker
afterEach(() => blocker.stop())

/** A firewall of which each listing waits at the gate while there is one. */
class SlowToList {
  gate: Promise<void> | null = null
  listings = 0

  over(inner: Firewall): Firewall {
    return {
      name: inner.name,
      ipv6Problem: null,
      capacity: null,
      synchronise: (entries) => inner.synchronise(entries),
      add: (entries) => inner.add(entries),
      remove: (entries) => inner.remove(entries),
      isIntact: () => inner.isIntact(),
      teardown: () => inner.teardown(),
      list: async () => {
        this.listings += 1
        const held = await inner.list()
        await this.gate
        return held
      },
    }
  }
}

test('an order does not wait for the look at whether all blocks are still in force', async () => {
  const parts = partsInMemory()
  const slow = new SlowToList()
  const told: string[] = []
  const onRepaired = (repaired: readonly string[]): number => told.push(...repaired)
  const firewall = slow.over(parts.firewall)
  blocker = blockerOver({ ...parts, firewall }, { reconcileSeconds: 1 }, { onRepaired })
  await blocker.start()
  await blocker.order(orderFor('192.0.2.7/32'))
  let open: () => void = () => undefined
  slow.gate = new Promise((resolve) => (open = resolve))
  const before = slow.listings
  await until('a look is under way', () => (slow.listings > before ? true : null))
  const { block } = await blocker.order(orderFor('192.0.2.8/32'))
  expect(block.state).toBe('active')
  open()
  slow.gate = null
  await blocker.reconcile()
  expect((await parts.firewall.list()).map(({ target }) => target)).toEqual([
    '192.0.2.7',
    '192.0.2.8',
  ])
  expect(told).toEqual([])
})

test('what somebody else took out is put back at the next look, and told', async () => {
  const parts = partsInMemory()
  const told: string[] = []
  const onRepaired = (repaired: readonly string[]): number => told.push(...repaired)
  blocker = blockerOver(parts, { reconcileSeconds: 1 }, { onRepaired })
  await blocker.start()
  await blocker.order(orderFor('192.0.2.7/32'))
  await parts.firewall.remove(await parts.firewall.list())
  await until('the block is told as missing', () => (told.length > 0 ? told : null))
  expect(told).toEqual(['missing: 192.0.2.7'])
  expect((await parts.firewall.list()).map(({ target }) => target)).toEqual(['192.0.2.7'])
})

test('a shorter block that shares a port with a longer one does not shorten it', async () => {
  const parts = partsInMemory()
  blocker = blockerOver(parts)
  const ssh = { protocol: 'tcp', ports: portRanges(22) } as const
  const both = { protocol: 'tcp', ports: portRanges(22, 80) } as const
  await blocker.order(orderFor('192.0.2.7', { ...ssh, ttlSeconds: 3600 }))
  await blocker.order(orderFor('192.0.2.7', { ...both, ttlSeconds: 60 }))
  const held = await parts.firewall.list()
  expect(held.map(({ remainingSeconds }) => remainingSeconds).sort()).toEqual([3600, 60])
})

test('many orders at once that share a port leave it blocked for as long as the longest', async () => {
  const parts = partsInMemory()
  blocker = blockerOver(parts)
  await blocker.reconcile()
  const ssh = { protocol: 'tcp', ports: portRanges(22) } as const
  const both = { protocol: 'tcp', ports: portRanges(22, 80) } as const
  await blocker.orderAll([
    orderFor('192.0.2.7', { ...ssh, ttlSeconds: null }),
    orderFor('192.0.2.7', { ...both, ttlSeconds: 60 }),
  ])
  const held = await parts.firewall.list()
  expect(held.map(({ remainingSeconds }) => remainingSeconds).sort()).toEqual([60, null])
})

test('an entry that the firewall holds beyond its time was put there by nobody else', async () => {
  const parts = partsInMemory()
  const told: string[] = []
  const onRepaired = (repaired: readonly string[]): number => told.push(...repaired)
  const inner = parts.firewall
  // As a firewall does that lifts nothing by itself.
  const firewall: Firewall = {
    ...inner,
    synchronise: (entries) => inner.synchronise(entries.map(forGood)),
    add: (entries) => inner.add(entries.map(forGood)),
  }
  blocker = blockerOver({ ...parts, firewall }, {}, { onRepaired })
  await blocker.order(orderFor('192.0.2.7', { ttlSeconds: 60 }))
  parts.clock.advanceSeconds(61)
  await blocker.reconcile()
  expect(await firewall.list()).toEqual([])
  expect(told).toEqual([])
})

test('a block whose end cannot be written is not tried without a pause', async () => {
  const parts = partsInMemory()
  blocker = blockerOver(parts)
  await blocker.start()
  await blocker.order(orderFor('192.0.2.7', { ttlSeconds: 1 }))
  let tries = 0
  parts.blocks.save = () => {
    tries += 1
    return Promise.reject(new PicketError('ERR_RECORD_WRITE', 'the disk is full'))
  }
  parts.clock.advanceSeconds(2)
  await until('its end was tried', () => (tries > 0 ? true : null))
  // Of another block nothing is known: it is refused too, and what is due is tried with it.
  await blocker.order(orderFor('192.0.2.8')).catch(() => undefined)
  const before = tries
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(tries).toBe(before)
})

test('a lift that cannot be written is made, stays made, and is written when it can be', async () => {
  const parts = partsInMemory()
  blocker = blockerOver(parts, { reconcileSeconds: 1 })
  await blocker.start()
  const { block } = await blocker.order(orderFor('192.0.2.7'))
  await blocker.order(orderFor('192.0.2.8'))
  const save = parts.blocks.save.bind(parts.blocks)
  parts.blocks.save = () =>
    Promise.reject(new PicketError('ERR_RECORD_WRITE', 'the disk went read-only'))
  expect(await blocker.lift(block.id, 'api:1')).toMatchObject({ state: 'lifted' })
  expect(await blocker.liftAll('api:1')).toMatchObject([{ target: '192.0.2.8', state: 'lifted' }])
  await blocker.reconcile()
  expect(await parts.firewall.list()).toEqual([])
  expect(blocker.told(parts.blocks.get(block.id)!).state).toBe('lifted')
  expect(blocker.status().problem).toMatch(/^2 lifts in force and not on record yet.*read-only$/)
  // Asked again it is lifted already, and nothing is told twice.
  expect(await blocker.lift(block.id, 'api:2')).toMatchObject({ liftedBy: 'api:1' })
  parts.blocks.save = save
  await until('the record has it', () => (parts.blocks.standing().length === 0 ? true : null))
  expect(parts.blocks.audit.filter(({ action }) => action === 'block.lifted')).toHaveLength(2)
  expect(blocker.status().problem).toBe(null)
})

const forGood = <Entry>(entry: Entry) => ({ ...entry, remainingSeconds: null })

test('that IPv6 addresses cannot be blocked is told at the start, and once', async () => {
  const parts = partsInMemory()
  let ipv6Problem: string | null = 'ip6tables is not installed'
  const firewall: Firewall = {
    ...parts.firewall,
    get ipv6Problem() {
      return ipv6Problem
    },
  }
  const told: unknown[] = []
  const log: Log = {
    ...silentLog,
    info: (message) => told.push(message),
    warn: (message, fields) => told.push([message, fields]),
  }
  blocker = blockerOver({ ...parts, firewall }, {}, { log })
  await blocker.start()
  await blocker.reconcile()
  expect(told).toEqual([
    ['IPv6 addresses cannot be blocked on this host', { why: 'ip6tables is not installed' }],
  ])
  ipv6Problem = null
  await blocker.reconcile()
  expect(told.at(-1)).toBe('IPv6 addresses can be blocked again')
})

test('what the guards must know is read at the start, so that the first block need not wait for it', async () => {
  const parts = partsInMemory()
  let readings = 0
  const guardFacts = (): Promise<GuardFacts> => {
    readings += 1
    return Promise.resolve(OPEN_FACTS)
  }
  blocker = blockerOver(parts, {}, { guardFacts })
  await blocker.start()
  expect(readings).toBe(1)
})
