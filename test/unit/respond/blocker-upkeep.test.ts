import { afterEach, expect, test } from 'vitest'
import type { Firewall } from '../../../src/respond/firewall.ts'
import type { Blocker } from '../../../src/respond/blocker.ts'
import { until } from '../../support/await-until.ts'
import { orderFor } from '../../support/blocking.ts'
import { blockerOver, partsInMemory } from '../../support/blocker-in-memory.ts'

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
