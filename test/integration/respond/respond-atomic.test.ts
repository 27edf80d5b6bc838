/** Many blocks at once, in each firewall of the kernel: all of them come into force or none, and later ones still do. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import { PicketError } from '../../../src/core/errors.ts'
import type { RunCommand } from '../../../src/respond/command.ts'
import type { Firewall, FirewallOptions } from '../../../src/respond/firewall.ts'
import { createPlainFirewall } from '../../../src/respond/firewalls/iptables/plain.ts'
import { createIpsetFirewall } from '../../../src/respond/firewalls/iptables/with-ipset.ts'
import { createNftablesFirewall } from '../../../src/respond/firewalls/nftables.ts'
import { blockerOver, partsInMemory } from '../../support/response/blocker-in-memory.ts'
import { entryFor, orderFor } from '../../support/response/blocking.ts'
import { joinHosts, type TestNetwork } from '../../support/hosts/namespace.ts'
import { runInside } from '../../support/hosts/namespaced-command.ts'

const MAKERS: Readonly<Record<string, (options: FirewallOptions) => Firewall>> = {
  iptables: createIpsetFirewall,
  'iptables-plain': (options) => createPlainFirewall(options, systemClock),
  nftables: createNftablesFirewall,
}
const FOUR = ['198.51.100.1', '198.51.100.2', '198.51.100.3', '198.51.100.4']

let network: TestNetwork<'victim'>
let run: RunCommand

beforeAll(async () => {
  network = await joinHosts(['victim'])
  run = runInside(network.hosts.victim)
})

afterAll(() => network.remove())

/** All that the kernel holds, but the seconds that pass and the seed of each hash. */
async function everything(): Promise<string> {
  const { victim } = network.hosts
  const texts = [
    await victim.run('nft', ['-s', 'list', 'table', 'inet', 'picket']),
    await victim.run('iptables', ['-S']),
    await victim.run('ip6tables', ['-S']),
    await victim.run('ipset', ['-sorted', 'save']),
  ]
  return texts
    .map(({ stdout }) => stdout.replaceAll(/(timeout|expires|initval) \S+/g, ''))
    .join('\n')
}

describe.each(Object.keys(MAKERS))('%s', (name) => {
  let firewall: Firewall

  beforeEach(async () => {
    firewall = MAKERS[name]!({ run, maxEntries: 3 })
    await firewall.teardown()
    return () => firewall.teardown()
  })

  test('one too many leaves the firewall as it was', async () => {
    await firewall.synchronise([
      entryFor('192.0.2.7', { remainingSeconds: 600 }),
      entryFor('192.0.2.8'),
    ])
    const before = await everything()
    const more = [...FOUR.map((target) => entryFor(target)), entryFor('192.0.2.8', { remainingSeconds: 9 })] // prettier-ignore
    await expect(firewall.add(more)).rejects.toMatchObject({ code: 'ERR_FIREWALL_FAILED' })
    expect(await everything()).toBe(before)
    const held = await firewall.list()
    expect(held.find(({ target }) => target === '192.0.2.8')?.remainingSeconds).toBeNull()
    expect(held).toHaveLength(2)
  })

  test('of orders that come together those that fit come into force, and what is held is as recorded', async () => {
    const parts = { ...partsInMemory(), firewall }
    const blocker = blockerOver(parts)
    await blocker.start()
    await blocker.order(orderFor('192.0.2.7'))
    const outcomes = await Promise.allSettled(FOUR.map((one) => blocker.order(orderFor(one))))
    const done = FOUR.filter((_, index) => outcomes[index]!.status === 'fulfilled')
    expect(done).toHaveLength(2)
    const held = (await firewall.list()).map(({ target }) => target)
    expect(held.sort()).toEqual(['192.0.2.7', ...done].sort())
    const active = parts.blocks.standing().filter(({ state }) => state === 'active')
    expect(active.map(({ target }) => target).sort()).toEqual(held)
    await blocker.stop()
  })

  test('blocks that do not fit fail with the reason, keep nobody else from it, and are tried again', async () => {
    const told: string[] = []
    const parts = { ...partsInMemory(), firewall }
    const blocker = blockerOver(
      parts,
      {},
      { onRepaired: (repaired) => void told.push(...repaired) },
    )
    await blocker.start()
    const { block: first } = await blocker.order(orderFor('192.0.2.7'))
    const outcomes = await blocker.orderAll(FOUR.slice(0, 3).map((target) => orderFor(target)))
    if (name === 'iptables-plain') {
      // Its bound is known beforehand, so that the one too many is refused and the others are not.
      expect(outcomes.map(({ kind }) => kind)).toEqual(['block', 'block', 'refused'])
      expect(outcomes[2]).toMatchObject({ error: { guard: 'firewall-full' } })
      return blocker.stop()
    }
    expect(outcomes.every(({ kind }) => kind === 'refused')).toBe(true)
    const failed = parts.blocks.standing().filter(({ state }) => state === 'failed')
    expect(failed.map(({ failure }) => failure)).toEqual([
      ...new Array<unknown>(3).fill(expect.stringMatching(/full|Too many|No space/)),
    ])
    expect((await firewall.list()).map(({ target }) => target)).toEqual(['192.0.2.7'])
    expect(blocker.status()).toMatchObject({ usable: true, activeBlocks: 1 })
    const { block: later } = await blocker.order(orderFor('192.0.2.9'))
    expect(later.state).toBe('active')
    await blocker.lift(later.id, 'local:0')
    await blocker.lift(first.id, 'local:0')
    await blocker.reconcile()
    expect((await firewall.list()).map(({ target }) => target).sort()).toEqual(FOUR.slice(0, 3))
    expect(parts.blocks.standing().map(({ state }) => state)).toEqual([
      'active',
      'active',
      'active',
    ])
    expect(told).toEqual([])
    await blocker.stop()
  })
})

test.each(['iptables', 'iptables-plain'])(
  '%s: when IPv6 refuses, nothing of IPv4 is in force either',
  async (name) => {
    let isRefusing = false
    const refusing: RunCommand = (tool, args, options) =>
      isRefusing && tool === 'ip6tables-restore'
        ? Promise.reject(new PicketError('ERR_FIREWALL_FAILED', 'ip6tables-restore: refused'))
        : run(tool, args, options)
    const firewall = MAKERS[name]!({ run: refusing })
    await firewall.synchronise([entryFor('192.0.2.7'), entryFor('2001:db8::7')])
    const before = await everything()
    isRefusing = true
    const part = { direction: 'in', protocol: 'tcp', ports: { first: 8000, last: 8100 } } as const
    const more = [entryFor('192.0.2.8', part), entryFor('2001:db8::8', part)]
    await expect(firewall.add(more)).rejects.toMatchObject({ code: 'ERR_FIREWALL_FAILED' })
    expect(await everything()).toBe(before)
    isRefusing = false
    await firewall.add(more)
    expect(await firewall.list()).toHaveLength(4)
    await firewall.teardown()
  },
)
