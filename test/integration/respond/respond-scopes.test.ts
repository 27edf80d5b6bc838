/** Blocks of a direction, a protocol or ports, by each firewall of the kernel: what is cut off, and nothing else. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import type { Firewall, FirewallEntry, FirewallOptions } from '../../../src/respond/firewall.ts'
import { createPlainFirewall } from '../../../src/respond/firewalls/iptables/plain.ts'
import { createIpsetFirewall } from '../../../src/respond/firewalls/iptables/with-ipset.ts'
import { createNftablesFirewall } from '../../../src/respond/firewalls/nftables.ts'
import { entryFor } from '../../support/response/blocking.ts'
import { joinHosts, type TestHost, type TestNetwork } from '../../support/hosts/namespace.ts'
import { runInside } from '../../support/hosts/namespaced-command.ts'
import { connectsTcp, holdTcp, listenTcp } from '../../support/hosts/tcp-probe.ts'

const SSH = 2222
const WEB = 8080

let network: TestNetwork<'attacker' | 'victim'>

beforeAll(async () => {
  network = await joinHosts(['attacker', 'victim'])
  await Promise.all([SSH, WEB].map((port) => listenTcp(network.hosts.victim, port)))
  await listenTcp(network.hosts.attacker, WEB)
})

afterAll(() => network.remove())

const MAKERS = {
  iptables: createIpsetFirewall,
  'iptables-plain': (options: FirewallOptions) => createPlainFirewall(options, systemClock),
  nftables: createNftablesFirewall,
} as const

const port = (number: number) => ({ first: number, last: number })

async function pings(from: TestHost, to: string): Promise<boolean> {
  return (await from.run('ping', ['-c1', '-W0.4', to])).code === 0
}

describe.each(['iptables', 'iptables-plain', 'nftables'] as const)('%s', (name) => {
  let firewall: Firewall

  beforeEach(async () => {
    const run = runInside(network.hosts.victim)
    firewall = MAKERS[name]({ run, maxEntries: 20_000 })
    await firewall.teardown()
    return () => firewall.teardown()
  })

  describe.each(['address4', 'address6'] as const)('%s', (address) => {
    const attacker = (changes: Partial<FirewallEntry>): FirewallEntry =>
      entryFor(network.hosts.attacker[address], changes)

    test('a port alone is closed to the attacker, the others stay open', async () => {
      const { attacker: from, victim } = network.hosts
      await firewall.synchronise([attacker({ direction: 'in', protocol: 'tcp', ports: port(SSH) })])
      expect(await connectsTcp(from, victim[address], SSH, 300)).toBe(false)
      expect(await connectsTcp(from, victim[address], WEB)).toBe(true)
      expect(await pings(from, victim[address])).toBe(true)
    })

    test('a range of ports is closed, those beside it stay open', async () => {
      const { attacker: from, victim } = network.hosts
      await firewall.synchronise([])
      const ports = { first: 8000, last: 8100 }
      await firewall.add([attacker({ direction: 'in', protocol: 'tcp', ports })])
      expect(await connectsTcp(from, victim[address], WEB, 300)).toBe(false)
      expect(await connectsTcp(from, victim[address], SSH)).toBe(true)
      await firewall.remove([attacker({ direction: 'in', protocol: 'tcp', ports })])
      expect(await connectsTcp(from, victim[address], WEB)).toBe(true)
    })

    test('a protocol alone is kept out', async () => {
      const { attacker: from, victim } = network.hosts
      await firewall.synchronise([attacker({ direction: 'in', protocol: 'icmp' })])
      expect(await pings(from, victim[address])).toBe(false)
      await firewall.synchronise([attacker({ protocol: 'tcp' })])
      expect(await pings(from, victim[address])).toBe(true)
      expect(await connectsTcp(from, victim[address], WEB, 300)).toBe(false)
    })

    test('what goes out to a port is stopped, what comes in to the same is not', async () => {
      const { attacker: far, victim } = network.hosts
      await firewall.synchronise([])
      await firewall.add([attacker({ direction: 'out', protocol: 'tcp', ports: port(WEB) })])
      expect(await connectsTcp(victim, far[address], WEB, 300)).toBe(false)
      expect(await connectsTcp(far, victim[address], WEB)).toBe(true)
    })

    test('a whole block cuts a connection that stands, and is lifted again', async () => {
      const { attacker: from, victim } = network.hosts
      await firewall.synchronise([])
      const held = await holdTcp(from, victim[address], WEB)
      expect(await held.echoes('before')).toBe(true)
      await firewall.add([attacker({})])
      expect(await held.echoes('after', 400)).toBe(false)
      held.close()
      await firewall.remove([attacker({})])
      expect(await connectsTcp(from, victim[address], WEB)).toBe(true)
    })
  })

  test('every kind of entry is listed as it was given, with what it stopped', async () => {
    const { attacker, victim } = network.hosts
    const wanted = [
      entryFor(attacker.address4, { remainingSeconds: 600 }),
      entryFor('198.51.100.0/24'),
      entryFor('198.51.0.0/16', { remainingSeconds: 60 }),
      entryFor('2001:db8:1::/48', { direction: 'in' }),
      entryFor('2001:db8::7', { direction: 'out', protocol: 'udp', ports: port(53) }),
      entryFor('192.0.2.7', {
        direction: 'in',
        protocol: 'tcp',
        ports: port(22),
        remainingSeconds: 99,
      }),
      entryFor('192.0.2.7', { direction: 'in', protocol: 'sctp' }),
      entryFor('192.0.2.7', { protocol: 'udp', ports: { first: 0, last: 1023 } }),
      entryFor('2001:db8::7', { direction: 'out', protocol: 'sctp', ports: { first: 1024, last: 65_535 } }), // prettier-ignore
    ]
    await firewall.synchronise(wanted)
    expect(await pings(attacker, victim.address4)).toBe(false)
    const held = await firewall.list()
    const plain = held.map(({ packets: _, bytes: __, remainingSeconds, ...entry }) => {
      return { ...entry, isForGood: remainingSeconds === null }
    })
    const given = wanted.map(({ remainingSeconds, ...entry }) => {
      return { ...entry, isForGood: remainingSeconds === null }
    })
    const sorted = (entries: readonly object[]) => entries.map((one) => JSON.stringify(one)).sort()
    const inOrder = ({
      target,
      family,
      direction,
      protocol,
      ports,
      isForGood,
    }: (typeof plain)[0]) => {
      return { target, family, direction, protocol, ports, isForGood }
    }
    expect(sorted(plain.map(inOrder))).toEqual(sorted(given.map(inOrder)))
    const stopped = held.find(({ target }) => target === attacker.address4)
    expect(stopped?.packets).toBeGreaterThan(0)
    expect(stopped?.bytes).toBeGreaterThan(0)
    expect(stopped?.remainingSeconds).toBeGreaterThan(590)
  })

  test('time to go is made longer and shorter, and what was counted stays', async () => {
    const { attacker, victim } = network.hosts
    const entry = (remainingSeconds: number | null) =>
      entryFor(attacker.address4, { remainingSeconds })
    await firewall.synchronise([entry(60)])
    await pings(attacker, victim.address4)
    await firewall.add([entry(900)])
    expect((await firewall.list())[0]?.remainingSeconds).toBeGreaterThan(890)
    await firewall.add([entry(null)])
    expect((await firewall.list())[0]?.remainingSeconds).toBeNull()
    await firewall.add([entry(30)])
    expect((await firewall.list())[0]?.remainingSeconds).toBeLessThan(31)
  })

  test.each([
    ['iptables', ['-F']],
    ['nft', ['flush', 'ruleset']],
  ])('after `%s %s` by somebody else it is put right', async (tool, args) => {
    const { attacker, victim } = network.hosts
    await firewall.synchronise([entryFor(attacker.address4)])
    expect(await firewall.isIntact()).toBe(true)
    await victim.run(tool, args)
    // Chains of iptables are none of the nftables backend's business.
    if (name === 'nftables' && tool === 'iptables') {
      expect(await firewall.isIntact()).toBe(true)
      return
    }
    expect(await firewall.isIntact()).toBe(false)
    await firewall.synchronise([entryFor(attacker.address4)])
    expect(await firewall.isIntact()).toBe(true)
    expect(await connectsTcp(attacker, victim.address4, WEB, 300)).toBe(false)
  })

  test('more than it may hold is refused, and what was blocked stays so', async () => {
    const { attacker, victim } = network.hosts
    const run = runInside(victim)
    const small = MAKERS[name]({ run, maxEntries: 2 })
    await small.synchronise([entryFor(attacker.address4)])
    const tooMany = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((target) => entryFor(target))
    await expect(small.synchronise(tooMany)).rejects.toMatchObject({ code: 'ERR_FIREWALL_FAILED' })
    expect((await small.list()).map(({ target }) => target)).toEqual([attacker.address4])
    await small.teardown()
  })

  test('nothing of it is left when it is torn down, and nothing of others is touched', async () => {
    const { victim } = network.hosts
    await victim.run('nft', ['add', 'table', 'inet', 'others'])
    const before = (await victim.run('nft', ['list', 'ruleset'])).stdout
    await firewall.synchronise([entryFor('192.0.2.7'), entryFor('192.0.2.8', { direction: 'in' })])
    await firewall.teardown()
    const left = (await victim.run('nft', ['list', 'ruleset'])).stdout
    expect(left).toContain('table inet others')
    expect(left).not.toMatch(/picket/i)
    expect((await victim.run('ipset', ['list', '-name'])).stdout).toBe('')
    expect(before).toContain('table inet others')
    await victim.run('nft', ['delete', 'table', 'inet', 'others'])
  })
})
