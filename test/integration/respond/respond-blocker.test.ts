/** The blocker over a real kernel and a real record: orders, refusals, restarts, and other people's flushes. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import { silentLog } from '../../../src/core/log/log.ts'
import { parseCidr } from '../../../src/net/cidr.ts'
import { openRecord } from '../../../src/record/index.ts'
import type { EventRecord } from '../../../src/record/record.ts'
import { createBlocker, type Blocker } from '../../../src/respond/blocker.ts'
import type { RespondConfig } from '../../../src/respond/config.ts'
import { createNftablesFirewall } from '../../../src/respond/firewalls/nftables.ts'
import { createIpsetFirewall } from '../../../src/respond/firewalls/iptables/with-ipset.ts'
import { until } from '../../support/await-until.ts'
import { AUTOMATIC, OPEN_FACTS, orderFor, RESPOND_CONFIG } from '../../support/response/blocking.ts'
import { joinHosts, type TestNetwork } from '../../support/hosts/namespace.ts'
import { runInside } from '../../support/hosts/namespaced-command.ts'
import { connectsTcp, listenTcp } from '../../support/hosts/tcp-probe.ts'

const PORT = 8080
const RECORD_CONFIG = {
  dir: null,
  flows: false,
  flowsPerStory: null,
  maxQueuedFlows: 1000,
  flowRetentionDays: 14,
  maxMegabytes: 10_240,
  minFreeMegabytes: 256,
  eventRetentionDays: 365,
}

let network: TestNetwork<'attacker' | 'victim' | 'neighbour'>
let directory: string
let record: EventRecord
let blocker: Blocker
/** What was said to have been done to the firewall by others. */
let told: string[] = []

beforeAll(async () => {
  network = await joinHosts(['attacker', 'victim', 'neighbour'])
  await listenTcp(network.hosts.victim, PORT)
})

afterAll(() => network.remove())

beforeEach(async () => {
  told = []
  directory = await mkdtemp(join(tmpdir(), 'picket-respond-'))
  await openAll()
  await blocker.start()
})

afterEach(async () => {
  await blocker.stop()
  await firewall().teardown()
  await record.close()
  await rm(directory, { recursive: true })
})

async function openAll(changes: Partial<RespondConfig> = {}): Promise<void> {
  const [clock, log] = [systemClock, silentLog]
  record = await openRecord({ directory, clock, log, config: RECORD_CONFIG, mode: 'write' })
  blocker = makeBlocker(changes)
}

function makeBlocker(changes: Partial<RespondConfig> = {}): Blocker {
  return createBlocker({
    firewall: firewall(),
    blocks: record.blocks,
    guardFacts: () => Promise.resolve(OPEN_FACTS),
    clock: systemClock,
    log: silentLog,
    config: { ...RESPOND_CONFIG, ...changes },
    automatic: AUTOMATIC,
    onRepaired: (repaired) => told.push(...repaired),
  })
}

function firewall(): ReturnType<typeof createIpsetFirewall> {
  return createIpsetFirewall({ run: runInside(network.hosts.victim), maxEntries: 10_000 })
}

async function heldTargets(): Promise<string[]> {
  return (await firewall().list()).map(({ target }) => target).sort()
}

test.each(['address4', 'address6'] as const)(
  'an ordered block is active, and lifting it lets the attacker in again (%s)',
  async (address) => {
    const { attacker, victim, neighbour } = network.hosts
    const { block, created } = await blocker.order(orderFor(attacker[address]))
    expect([block.state, created]).toEqual(['active', true])
    expect(await connectsTcp(attacker, victim[address], PORT, 600)).toBe(false)
    expect(await connectsTcp(neighbour, victim[address], PORT)).toBe(true)
    const lifted = await blocker.lift(block.id, 'local:0')
    expect(lifted?.state).toBe('lifted')
    expect(await connectsTcp(attacker, victim[address], PORT)).toBe(true)
  },
)

test('a block counts what it stopped itself, not what one before it did, and goes on counting when it is extended', async () => {
  const { attacker, victim } = network.hosts
  const stopped = async (id: string): Promise<number> => {
    await blocker.reconcile()
    return blocker.told(record.blocks.get(id)!).stoppedPackets
  }
  const first = await blocker.order(orderFor(attacker.address4, { ttlSeconds: 5 }))
  expect(await connectsTcp(attacker, victim.address4, PORT, 600)).toBe(false)
  expect(await stopped(first.block.id)).toBeGreaterThan(0)
  await until('the first is expired', () =>
    record.blocks.get(first.block.id)?.state === 'expired' ? true : null,
  )
  const { block } = await blocker.order(orderFor(attacker.address4, { ttlSeconds: 60 }))
  expect(await stopped(block.id)).toBe(0)
  expect(await connectsTcp(attacker, victim.address4, PORT, 600)).toBe(false)
  const counted = await stopped(block.id)
  expect(counted).toBeGreaterThan(0)
  await blocker.order(orderFor(attacker.address4, { ttlSeconds: 90 }))
  expect(await stopped(block.id)).toBeGreaterThanOrEqual(counted)
})

test('when its time is over the record says expired, by itself', async () => {
  const { attacker, victim } = network.hosts
  await blocker.stop()
  // Not because it looks at everything again by chance.
  blocker = makeBlocker({ reconcileSeconds: 3600 })
  await blocker.start()
  const { block } = await blocker.order(orderFor(attacker.address4, { ttlSeconds: 1 }))
  await until('the block is expired', () =>
    record.blocks.get(block.id)?.state === 'expired' ? true : null,
  )
  expect(await connectsTcp(attacker, victim.address4, PORT)).toBe(true)
})

test.each([
  ['1.2.3.4; rm -rf /', 'ERR_API_REQUEST'],
  ['-j ACCEPT', 'ERR_API_REQUEST'],
  ['010.8.8.8', 'ERR_API_REQUEST'],
  ['192.0.2.7\nflush picket4', 'ERR_API_REQUEST'],
  ['fe80::1%eth0', 'ERR_API_REQUEST'],
  ['0.0.0.0/0', 'ERR_BLOCK_REFUSED'],
  ['::/0', 'ERR_BLOCK_REFUSED'],
  ['::', 'ERR_BLOCK_REFUSED'],
  ['::ffff:127.0.0.1', 'ERR_BLOCK_REFUSED'],
])('%j is refused and the kernel and the record stay as they were', async (target, code) => {
  const { victim } = network.hosts
  const filter = async (): Promise<string> =>
    (await victim.run('iptables', ['-S'])).stdout + (await victim.run('ipset', ['save'])).stdout
  const before = await filter()
  await expect(blocker.order(orderFor(target))).rejects.toMatchObject({ code })
  expect(await filter()).toBe(before)
  expect(record.blocks.standing()).toEqual([])
})

test('a flush by somebody else is repaired by the next reconciliation, which says so', async () => {
  const { attacker, victim } = network.hosts
  await blocker.order(orderFor(attacker.address4))
  await victim.run('iptables', ['-F'])
  await victim.run('ipset', ['flush', 'picket4'])
  expect(await connectsTcp(attacker, victim.address4, PORT)).toBe(true)
  const { repaired } = await blocker.reconcile()
  expect(repaired.join('; ')).toContain(attacker.address4)
  expect(repaired.join('; ')).toContain('chain')
  expect(await connectsTcp(attacker, victim.address4, PORT, 600)).toBe(false)
  expect(await blocker.reconcile()).toEqual({ repaired: [] })
})

test('an order given right after a flush is in force when it is answered', async () => {
  const { attacker, victim } = network.hosts
  await victim.run('iptables', ['-F'])
  await victim.run('iptables', ['-X', 'PICKET'])
  await victim.run('ipset', ['destroy', 'picket4'])
  await blocker.order(orderFor(attacker.address4))
  expect(await connectsTcp(attacker, victim.address4, PORT, 600)).toBe(false)
})

test('entries that no block stands for are removed', async () => {
  await network.hosts.victim.run('ipset', ['add', 'picket4', '203.0.113.9'])
  await blocker.reconcile()
  expect(await heldTargets()).toEqual([])
})

test('lifting all leaves nothing in force', async () => {
  await blocker.order(orderFor('192.0.2.7'))
  await blocker.order(orderFor('2001:db8::/64', { ttlSeconds: null }))
  expect(await blocker.liftAll('local:0')).toHaveLength(2)
  expect(await heldTargets()).toEqual([])
  expect(record.blocks.standing()).toEqual([])
})

describe('after the agent was killed', () => {
  test('the kernel is what the record says, with the time each block has left', async () => {
    await blocker.order(orderFor('192.0.2.7', { ttlSeconds: 600 }))
    await blocker.order(orderFor('192.0.2.8', { ttlSeconds: null }))
    const { block: short } = await blocker.order(orderFor('192.0.2.9', { ttlSeconds: 1 }))
    const pending = { ...short, id: crypto.randomUUID(), target: '192.0.2.10', expiresAtMs: null }
    const audit = { actor: 'token:tok1', action: 'block.ordered', subject: pending.id, details: {} }
    // Killed between writing and doing: a block that is pending and not in the kernel.
    await record.blocks.save([{ block: { ...pending, state: 'pending' }, audit }])
    await blocker.stop()
    await record.close()
    await firewall().teardown()
    await until('the short one is over', () => (Date.now() > short.expiresAtMs! ? true : null))
    await openAll()
    await blocker.start()
    expect(await heldTargets()).toEqual(['192.0.2.10', '192.0.2.7', '192.0.2.8'])
    const seven = (await firewall().list()).find(({ target }) => target === '192.0.2.7')
    expect(seven?.remainingSeconds).toBeGreaterThan(585)
    expect(seven?.remainingSeconds).toBeLessThan(600)
    expect(record.blocks.get(pending.id)?.state).toBe('active')
    expect(record.blocks.get(short.id)?.state).toBe('expired')
  })

  test('a block lifted in the record but still in the kernel is taken out at the start', async () => {
    const { block } = await blocker.order(orderFor('192.0.2.7'))
    const audit = { actor: 'local:0', action: 'block.lifted', subject: block.id, details: {} }
    const lifted = { ...block, state: 'lifted' as const, liftedAtMs: Date.now() }
    await record.blocks.save([{ block: lifted, audit }])
    const restarted = makeBlocker()
    await restarted.start()
    expect(await heldTargets()).toEqual([])
    await restarted.stop()
  })
})

test('stopping keeps the blocks in force, or takes every trace away where that is asked', async () => {
  const { victim } = network.hosts
  await blocker.order(orderFor('192.0.2.7'))
  await blocker.stop()
  expect(await heldTargets()).toEqual(['192.0.2.7'])
  const lifting = makeBlocker({ onStop: 'lift' })
  await lifting.start()
  await lifting.stop()
  expect((await victim.run('ipset', ['list', '-name'])).stdout).toBe('')
  expect((await victim.run('iptables', ['-S'])).stdout).not.toContain('PICKET')
  expect(record.blocks.standing()).toHaveLength(1)
})

test('another firewall takes over what one held, and leaves nothing of it', async () => {
  const { attacker, victim } = network.hosts
  await blocker.order(orderFor(attacker.address4, { ttlSeconds: null }))
  await blocker.stop()
  const run = runInside(victim)
  const other = createBlocker({
    ...{ firewall: createNftablesFirewall({ run }), former: [firewall()], blocks: record.blocks },
    ...{ guardFacts: () => Promise.resolve(OPEN_FACTS), clock: systemClock, log: silentLog },
    ...{ config: RESPOND_CONFIG, automatic: AUTOMATIC },
  })
  await other.start()
  expect(await heldTargets()).toEqual([])
  expect((await victim.run('iptables', ['-S'])).stdout).not.toContain('PICKET')
  expect(await connectsTcp(attacker, victim.address4, PORT, 600)).toBe(false)
  expect(await other.liftAll('local:0')).toHaveLength(1)
  expect(await connectsTcp(attacker, victim.address4, PORT)).toBe(true)
  await other.stop()
  await createNftablesFirewall({ run }).teardown()
})

test('many orders at once all come into force', async () => {
  const targets = Array.from({ length: 20 }, (_, index) => `198.18.0.${index + 1}`)
  const answers = await Promise.all(targets.map((target) => blocker.order(orderFor(target))))
  expect(answers.every(({ block }) => block.state === 'active')).toBe(true)
  expect(await heldTargets()).toEqual([...targets].sort())
  expect(
    record.blocks.list({ limit: 100, target: parseCidr('198.18.0.0/24')! }).items,
  ).toHaveLength(20)
})
