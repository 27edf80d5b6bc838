/** Orders that come together: done in one write and one change, each answered by itself. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { PicketError } from '../../../src/core/errors.ts'
import type { Blocker } from '../../../src/respond/blocker.ts'
import type { Firewall, FirewallEntry } from '../../../src/respond/firewall.ts'
import { blockerOver, partsInMemory } from '../../support/response/blocker-in-memory.ts'
import { OPEN_FACTS, orderFor } from '../../support/response/blocking.ts'

let parts: ReturnType<typeof partsInMemory>
let blocker: Blocker

beforeEach(() => {
  parts = partsInMemory()
})

afterEach(() => {
  vi.useRealTimers()
})

describe('orders that come while others are carried out', () => {
  /** A firewall that holds the first change up, until it is let go. */
  function slowFirewall() {
    let letGo: () => void = () => undefined
    const held = new Promise<void>((resolve) => (letGo = resolve))
    const changes: string[][] = []
    const firewall: Firewall = Object.assign(Object.create(parts.firewall) as Firewall, {
      async add(entries: Parameters<Firewall['add']>[0]) {
        changes.push(entries.map(({ target }) => target))
        if (changes.length === 1) await held
        await parts.firewall.add(entries)
      },
    })
    return { firewall, changes, letGo }
  }

  test('are written and enforced together, and each has its own outcome', async () => {
    const { firewall, changes, letGo } = slowFirewall()
    blocker = blockerOver({ ...parts, firewall })
    await blocker.reconcile()
    const first = blocker.order(orderFor('192.0.2.1'))
    await expect.poll(() => changes).toEqual([['192.0.2.1']])
    const written = parts.blocks.writes
    const others = Promise.allSettled(
      ['192.0.2.2', '192.0.2.3', '192.0.2.3', '127.0.0.1'].map((target) =>
        blocker.order(orderFor(target)),
      ),
    )
    await asRead()
    letGo()
    await first
    const [second, third, again, refused] = await others
    expect(changes).toEqual([['192.0.2.1'], ['192.0.2.2', '192.0.2.3']])
    // Besides the two writes of each change: the first one's that it is in force.
    expect(parts.blocks.writes - written).toBe(3)
    expect([second, third, again]).toMatchObject([
      { value: { created: true, block: { target: '192.0.2.2', state: 'active' } } },
      { value: { created: true, block: { target: '192.0.2.3' } } },
      { value: { created: false, block: { target: '192.0.2.3' } } },
    ])
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'ERR_BLOCK_REFUSED' } })
  })

  test('do not overtake a lift that was asked for before them', async () => {
    const { firewall, changes, letGo } = slowFirewall()
    blocker = blockerOver({ ...parts, firewall })
    await blocker.reconcile()
    const first = blocker.order(orderFor('192.0.2.1'))
    await expect.poll(() => changes).toHaveLength(1)
    const before = blocker.order(orderFor('192.0.2.2'))
    await asRead()
    const lifted = blocker.liftAll('test')
    const after = blocker.order(orderFor('192.0.2.3'))
    await asRead()
    letGo()
    await Promise.all([first, before, after])
    expect((await lifted).map(({ target }) => target)).toEqual(['192.0.2.1', '192.0.2.2'])
    expect((await parts.firewall.list()).map(({ target }) => target)).toEqual(['192.0.2.3'])
  })

  test('are carried out though what another of them is told with cannot be written', async () => {
    const { firewall, changes, letGo } = slowFirewall()
    blocker = blockerOver({ ...parts, firewall })
    await blocker.reconcile()
    const first = blocker.order(orderFor('192.0.2.1'))
    await expect.poll(() => changes).toHaveLength(1)
    const fault = new PicketError('ERR_RECORD_WRITE', 'the disk is full')
    const failing = blocker.orderAll([orderFor('192.0.2.2')], () => Promise.reject(fault))
    const good = blocker.order(orderFor('192.0.2.3'))
    const failed = expect(failing).rejects.toBe(fault)
    await asRead()
    letGo()
    await first
    await failed
    await expect(good).resolves.toMatchObject({ block: { state: 'active' } })
    expect(changes).toEqual([['192.0.2.1'], ['192.0.2.3']])
  })

  test('come into force though the kernel refuses one that came with them, now and at each look', async () => {
    const { firewall, changes, letGo } = slowFirewall()
    const refuse = (entries: readonly FirewallEntry[]): void => {
      if (entries.every(({ target }) => target !== '192.0.2.66')) return
      throw new PicketError('ERR_FIREWALL_FAILED', 'the set is full')
    }
    const picky: Firewall = Object.assign(Object.create(firewall) as Firewall, {
      async add(entries: readonly FirewallEntry[]) {
        refuse(entries)
        await firewall.add(entries)
      },
      async synchronise(entries: readonly FirewallEntry[]) {
        refuse(entries)
        await parts.firewall.synchronise(entries)
      },
    })
    blocker = blockerOver({ ...parts, firewall: picky })
    await blocker.reconcile()
    const first = blocker.order(orderFor('192.0.2.1'))
    await expect.poll(() => changes).toHaveLength(1)
    const others = Promise.allSettled(
      ['192.0.2.2', '192.0.2.66', '192.0.2.3'].map((target) => blocker.order(orderFor(target))),
    )
    await asRead()
    letGo()
    await first
    expect(await others).toMatchObject([
      { value: { block: { target: '192.0.2.2', state: 'active' } } },
      { status: 'rejected', reason: { message: 'the set is full' } },
      { value: { block: { target: '192.0.2.3', state: 'active' } } },
    ])
    await blocker.reconcile()
    const held = (await parts.firewall.list()).map(({ target }) => target)
    expect(held.sort()).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.3'])
  })

  test('share a look at what must not be blocked, while it is not old', async () => {
    const looks: (() => void)[] = []
    const guardFacts = (): Promise<typeof OPEN_FACTS> =>
      new Promise((resolve) => looks.push(() => resolve(OPEN_FACTS)))
    blocker = blockerOver(parts, {}, { guardFacts })
    vi.useFakeTimers({ toFake: ['performance'] })
    const [first, second] = ['192.0.2.1', '192.0.2.2'].map((one) => blocker.order(orderFor(one)))
    vi.advanceTimersByTime(101)
    // What is under way began too long ago for these: theirs begins when it ends.
    const [third, fourth] = ['192.0.2.3', '192.0.2.4'].map((one) => blocker.order(orderFor(one)))
    expect(looks).toHaveLength(1)
    looks[0]!()
    await Promise.all([first, second])
    await expect.poll(() => looks).toHaveLength(2)
    looks[1]!()
    await Promise.all([third, fourth])
    await blocker.order(orderFor('192.0.2.5'))
    expect(looks).toHaveLength(2)
  })

  /** Guards that need not wait have been read by then. */
  const asRead = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
})
