import { beforeEach, describe, expect, test } from 'vitest'
import { PicketError } from '../../../src/core/errors.ts'
import { silentLog } from '../../../src/core/log/log.ts'
import { createBlocker, type Blocker } from '../../../src/respond/blocker.ts'
import type { RespondConfig } from '../../../src/respond/config.ts'
import type { Firewall } from '../../../src/respond/firewall.ts'
import { createDryRunFirewall } from '../../../src/respond/firewalls/dry-run.ts'
import { guardAll } from '../../../src/respond/guards/refusal.ts'
import {
  AUTOMATIC,
  OPEN_FACTS,
  orderFor,
  RESPOND_CONFIG,
  SetClock,
} from '../../support/response/blocking.ts'
import { blockerOver, START_MS } from '../../support/response/blocker-in-memory.ts'
import { MemoryBlockLog } from '../../support/response/memory-block-log.ts'

let clock: SetClock
let blocks: MemoryBlockLog
let firewall: Firewall
let blocker: Blocker
/** While set, every use of the firewall fails with it, as without root. */
let fault: PicketError | null

beforeEach(() => {
  fault = null
  clock = new SetClock(START_MS)
  blocks = new MemoryBlockLog()
  firewall = breakable(createDryRunFirewall(clock))
  blocker = blockerWith()
})

function blockerWith(changes: Partial<RespondConfig> = {}, facts = OPEN_FACTS): Blocker {
  return blockerOver({ firewall, blocks, clock }, changes, { facts })
}

function breakable(inner: Firewall): Firewall {
  const unlessBroken = async <Answer>(answer: () => Promise<Answer>): Promise<Answer> => {
    if (fault !== null) throw fault
    return answer()
  }
  return {
    name: inner.name,
    ipv6Problem: null,
    capacity: null,
    synchronise: (entries) => unlessBroken(() => inner.synchronise(entries)),
    add: (entries) => unlessBroken(() => inner.add(entries)),
    remove: (entries) => unlessBroken(() => inner.remove(entries)),
    list: () => unlessBroken(() => inner.list()),
    isIntact: () => unlessBroken(() => inner.isIntact()),
    teardown: () => unlessBroken(() => inner.teardown()),
  }
}

function actions(): string[] {
  return blocks.audit.map(({ action }) => action)
}

describe('an order', () => {
  test('without a time lasts as long as configured and is audited with who gave it', async () => {
    const { block } = await blocker.order(orderFor('192.0.2.7/32'))
    expect(block).toMatchObject({
      target: '192.0.2.7',
      state: 'active',
      createdAtMs: START_MS,
      expiresAtMs: START_MS + 3600_000,
      orderedBy: 'tok1',
    })
    expect(actions()).toEqual(['block.ordered', 'block.enforced'])
    expect(blocks.audit[0]).toMatchObject({ actor: 'token:tok1', subject: block.id })
  })

  test('on a target that stands extends its block', async () => {
    const first = await blocker.order(orderFor('192.0.2.7', { ttlSeconds: 60 }))
    const second = await blocker.order(orderFor('192.0.2.7', { ttlSeconds: 600 }))
    expect(second.created).toBe(false)
    expect(second.block).toEqual({ ...first.block, expiresAtMs: START_MS + 600_000 })
    expect(await firewall.list()).toMatchObject([{ remainingSeconds: 600 }])
  })

  test('never shortens a block', async () => {
    const forGood = await blocker.order(orderFor('192.0.2.7', { ttlSeconds: null }))
    const shorter = await blocker.order(orderFor('192.0.2.7', { ttlSeconds: 60 }))
    expect(shorter).toEqual({ block: forGood.block, created: false })
    expect(await firewall.list()).toMatchObject([{ remainingSeconds: null }])
  })

  test('on a target whose block is over makes a new one', async () => {
    const first = await blocker.order(orderFor('192.0.2.7', { ttlSeconds: 60 }))
    clock.advanceSeconds(60)
    const second = await blocker.order(orderFor('192.0.2.7', { ttlSeconds: 60 }))
    expect(second.created).toBe(true)
    expect(second.block.id).not.toBe(first.block.id)
    expect(blocks.get(first.block.id)?.state).toBe('expired')
  })

  test('given twice at once makes one block', async () => {
    const order = orderFor('192.0.2.7')
    const answers = await Promise.all([blocker.order(order), blocker.order(order)])
    expect(answers.map(({ created }) => created)).toEqual([true, false])
    expect(blocks.standing()).toHaveLength(1)
  })

  test('is written before it is done', async () => {
    const states: (string | undefined)[] = []
    const inner = firewall
    firewall = {
      ...inner,
      synchronise: (entries) => {
        states.push(blocks.standing()[0]?.state)
        return inner.synchronise(entries)
      },
    }
    await blockerWith().order(orderFor('192.0.2.7'))
    expect(states).toEqual(['pending'])
  })

  test('that would cut off its own caller is refused and leaves no trace', async () => {
    const order = orderFor('203.0.113.0/24', { callerAddress: '203.0.113.9' })
    await expect(blocker.order(order)).rejects.toMatchObject({
      code: 'ERR_BLOCK_REFUSED',
      guard: 'caller',
    })
    expect(blocks.audit).toEqual([])
  })

  test('is refused when the host can not say what must be guarded', async () => {
    const unknowing = createBlocker({
      firewall,
      blocks,
      guardFacts: () => Promise.reject(new Error('EACCES: /proc/net/route')),
      clock,
      log: silentLog,
      config: RESPOND_CONFIG,
      automatic: AUTOMATIC,
    })
    await expect(unknowing.order(orderFor('192.0.2.7'))).rejects.toThrow('EACCES')
    expect(blocks.audit).toEqual([])
  })

  test('beyond the most blocks is refused, an extension is not', async () => {
    const small = blockerWith({ maxActiveBlocks: 1 })
    await small.order(orderFor('192.0.2.7'))
    await expect(small.order(orderFor('192.0.2.8'))).rejects.toMatchObject({
      guard: 'too-many-blocks',
    })
    await small.order(orderFor('192.0.2.7', { ttlSeconds: null }))
  })

  test('against a guarded address is refused with the guard named', async () => {
    const guarded = guardAll('gateway', ['10.0.0.1'])
    const careful = blockerWith({}, { ...OPEN_FACTS, guarded })
    await expect(careful.order(orderFor('10.0.0.0/24'))).rejects.toMatchObject({ guard: 'gateway' })
  })
})

describe('when the firewall can not be used', () => {
  const denied = new PicketError('ERR_FIREWALL_DENIED', 'iptables may not change the firewall')

  test('an order rejects with the reason, the block is failed, and is enforced once it can be', async () => {
    fault = denied
    await expect(blocker.order(orderFor('192.0.2.7'))).rejects.toBe(denied)
    expect(blocks.standing()).toMatchObject([{ state: 'failed', failure: denied.message }])
    expect(blocker.status()).toMatchObject({ usable: false, problem: denied.message })
    fault = null
    await blocker.reconcile()
    expect(blocks.standing()).toMatchObject([{ state: 'active', failure: null }])
    expect(await firewall.list()).toHaveLength(1)
    expect(blocker.status()).toEqual({
      name: 'dry-run',
      usable: true,
      activeBlocks: 1,
      problem: null,
    })
  })

  test('the failure is written once, however often it is tried again', async () => {
    fault = denied
    await blocker.order(orderFor('192.0.2.7')).catch(() => undefined)
    for (let round = 0; round < 3; round += 1) {
      await expect(blocker.reconcile()).rejects.toBe(denied)
    }
    expect(actions()).toEqual(['block.ordered', 'block.failed'])
  })

  test('starting tells it by the status and does not reject', async () => {
    fault = denied
    await blocker.start()
    expect(blocker.status().usable).toBe(false)
    await blocker.stop()
  })

  test('a lift rejects, and the next one makes it true', async () => {
    const { block } = await blocker.order(orderFor('192.0.2.7'))
    fault = denied
    await expect(blocker.lift(block.id, 'local:0')).rejects.toBe(denied)
    fault = null
    expect((await blocker.lift(block.id, 'local:0'))?.state).toBe('lifted')
    expect(await firewall.list()).toEqual([])
  })
})

describe('on a kernel without IPv6 filtering', () => {
  beforeEach(() => {
    const inner = firewall
    const ipv6Problem = 'ip6tables: Address family not supported by protocol'
    const refused = new PicketError('ERR_FIREWALL_FAILED', ipv6Problem)
    firewall = {
      ...inner,
      ipv6Problem,
      add: async (entries) => {
        if (entries.some(({ family }) => family === 6)) throw refused
        await inner.add(entries)
      },
    }
    blocker = blockerWith()
  })

  test('an order for IPv6 rejects with the reason and is recorded as failed', async () => {
    await expect(blocker.order(orderFor('2001:db8::7'))).rejects.toMatchObject({
      code: 'ERR_FIREWALL_FAILED',
      message: expect.stringContaining('Address family not supported') as string,
    })
    expect(blocks.standing()).toMatchObject([{ target: '2001:db8::7', state: 'failed' }])
    expect(blocker.status()).toMatchObject({
      usable: true,
      problem: '1 block is recorded but not in force',
    })
  })

  test('IPv4 is blocked all the same', async () => {
    await blocker.order(orderFor('2001:db8::7')).catch(() => undefined)
    expect((await blocker.order(orderFor('192.0.2.7'))).block.state).toBe('active')
    expect((await firewall.list()).map(({ target }) => target)).toEqual(['192.0.2.7'])
  })
})

describe('a lift', () => {
  test('of an unknown block gives null', async () => {
    expect(await blocker.lift('00000000-0000-7000-8000-000000000000', 'local:0')).toBeNull()
  })

  test('twice gives the block as the first lift left it', async () => {
    const { block } = await blocker.order(orderFor('192.0.2.7'))
    const first = await blocker.lift(block.id, 'token:tok2')
    clock.advanceSeconds(5)
    expect(await blocker.lift(block.id, 'token:tok3')).toEqual(first)
    expect(first?.liftedAtMs).toBe(START_MS)
    expect(blocks.audit.at(-1)).toMatchObject({ actor: 'token:tok2', action: 'block.lifted' })
  })
})

test('reconciling marks blocks whose time is over as expired, with an audit row', async () => {
  const { block } = await blocker.order(orderFor('192.0.2.7', { ttlSeconds: 60 }))
  clock.advanceSeconds(61)
  await blocker.reconcile()
  expect(blocks.get(block.id)?.state).toBe('expired')
  expect(blocks.audit.at(-1)).toMatchObject({ actor: 'agent', action: 'block.expired' })
})
