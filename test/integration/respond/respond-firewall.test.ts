/** The iptables firewall against a real kernel, in namespaces: does it cut off whom it should, and only them. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { FirewallEntry } from '../../../src/respond/firewall.ts'
import type { RunCommand } from '../../../src/respond/command.ts'
import { createIpsetFirewall } from '../../../src/respond/firewalls/iptables/with-ipset.ts'
import { entryFor } from '../../support/response/blocking.ts'
import { until } from '../../support/await-until.ts'
import { joinHosts, type TestNetwork } from '../../support/hosts/namespace.ts'
import { runInside } from '../../support/hosts/namespaced-command.ts'
import { connectsTcp, holdTcp, listenTcp } from '../../support/hosts/tcp-probe.ts'

const PORT = 8080

let network: TestNetwork<'attacker' | 'victim' | 'neighbour'>

beforeAll(async () => {
  network = await joinHosts(['attacker', 'victim', 'neighbour'])
  await listenTcp(network.hosts.victim, PORT)
})

afterAll(() => network.remove())

beforeEach(() => firewall().teardown())

function firewall(maxEntries = 20_000): ReturnType<typeof createIpsetFirewall> {
  return createIpsetFirewall({ run: runInside(network.hosts.victim), maxEntries })
}

function entry(target: string, remainingSeconds: number | null = null): FirewallEntry {
  return entryFor(target, { remainingSeconds })
}

async function victimPrints(tool: string, ...args: string[]): Promise<string> {
  const outcome = await network.hosts.victim.run(tool, args)
  expect(outcome.code, outcome.stderr).toBe(0)
  return outcome.stdout
}

/** Everything the packet filter holds, without the comments and counters that change by themselves. */
async function wholeFilter(): Promise<string> {
  const [four, six, sets] = await Promise.all([
    victimPrints('iptables-save'),
    victimPrints('ip6tables-save'),
    victimPrints('ipset', 'save'),
  ])
  return [four, six, sets].join('\n').replaceAll(/^#.*\n|\[\d+:\d+\]|initval \S+/gm, '')
}

/** Drops the lines that name our chain or our sets, and nothing that only sounds like them. */
function withoutOurs(filter: string): string {
  const ours = /(^|\s):?(PICKET|picket[46])(\s|$)/
  return filter
    .split('\n')
    .filter((line) => !ours.test(line))
    .join('\n')
}

describe.each([
  ['IPv4', 'address4'],
  ['IPv6', 'address6'],
] as const)('over %s', (_, address) => {
  test('a blocked attacker can no longer connect, the neighbour can', async () => {
    const { attacker, victim, neighbour } = network.hosts
    await firewall().synchronise([entry(attacker[address])])
    expect(await connectsTcp(attacker, victim[address], PORT, 600)).toBe(false)
    expect(await connectsTcp(neighbour, victim[address], PORT)).toBe(true)
  })

  test('a connection made before the block is cut', async () => {
    const { attacker, victim } = network.hosts
    await firewall().synchronise([])
    const held = await holdTcp(attacker, victim[address], PORT)
    expect(await held.echoes('before')).toBe(true)
    await firewall().add([entry(attacker[address])])
    expect(await held.echoes('after', 600)).toBe(false)
    held.close()
  })

  test('the victim can no longer reach the attacker either', async () => {
    const { attacker, victim } = network.hosts
    const listener = await listenTcp(attacker, PORT + 1)
    expect(await connectsTcp(victim, attacker[address], PORT + 1)).toBe(true)
    await firewall().synchronise([entry(attacker[address])])
    expect(await connectsTcp(victim, attacker[address], PORT + 1, 600)).toBe(false)
    listener.kill('SIGKILL')
  })

  test('the kernel itself lifts the block when its time is over', async () => {
    const { attacker, victim } = network.hosts
    await firewall().synchronise([entry(attacker[address], 2)])
    expect(await connectsTcp(attacker, victim[address], PORT, 300)).toBe(false)
    await until('the attacker connects again', async () =>
      (await connectsTcp(attacker, victim[address], PORT, 300)) ? true : null,
    )
  })
})

test('a range keeps out every address in it', async () => {
  const { attacker, victim } = network.hosts
  await firewall().synchronise([entry('10.77.0.0/29')])
  expect(await connectsTcp(attacker, victim.address4, PORT, 600)).toBe(false)
  expect(await connectsTcp(attacker, victim.address6, PORT)).toBe(true)
})

test('what it was told to hold can be listed, canonically, with the time to go', async () => {
  const wanted = [
    entry('192.0.2.7', 600),
    entry('198.51.100.0/24'),
    entry('2001:db8::1:0:0:7', 2147483),
    entry('2001:db8:1::/48'),
  ]
  await firewall().synchronise(wanted)
  const held = [...(await firewall().list())].sort((a, b) => a.target.localeCompare(b.target))
  expect(held.map(({ target }) => target)).toEqual(
    wanted.map(({ target }) => target).sort((a, b) => a.localeCompare(b)),
  )
  const times = new Map(held.map(({ target, remainingSeconds }) => [target, remainingSeconds]))
  expect(times.get('192.0.2.7')).toBeGreaterThan(597)
  expect(times.get('198.51.100.0/24')).toBeNull()
  expect(times.get('2001:db8::1:0:0:7')).toBeGreaterThan(2147480)
})

test('rules and sets of others are the same before, during and after', async () => {
  await victimPrints('iptables', '-A', 'INPUT', '-p', 'tcp', '--dport', '22', '-j', 'ACCEPT')
  await victimPrints('iptables', '-N', 'PICKET-OTHER')
  await victimPrints('ip6tables', '-A', 'FORWARD', '-s', '2001:db8::9', '-j', 'DROP')
  await victimPrints('ipset', 'create', 'picket4-others', 'hash:ip')
  await victimPrints('ipset', 'add', 'picket4-others', '203.0.113.5')
  const before = await wholeFilter()
  await firewall().synchronise([entry('192.0.2.7', 600), entry('2001:db8::7')])
  const during = await wholeFilter()
  expect(withoutOurs(during)).toBe(before)
  await firewall().teardown()
  expect(await wholeFilter()).toBe(before)
  await victimPrints('iptables', '-F', 'INPUT')
  await victimPrints('iptables', '-X', 'PICKET-OTHER')
  await victimPrints('ip6tables', '-F', 'FORWARD')
  await victimPrints('ipset', 'destroy', 'picket4-others')
})

test('a set that a rule of others looks into is emptied, and said to be left', async () => {
  const { attacker, victim } = network.hosts
  await firewall().synchronise([entry(attacker.address4), entry('2001:db8::7')])
  await victimPrints('iptables', '-E', 'PICKET', 'THEIRS')
  await expect(firewall().teardown()).rejects.toMatchObject({
    code: 'ERR_FIREWALL_FAILED',
    message: expect.stringContaining('picket4 cannot be taken out') as string,
  })
  expect(await connectsTcp(attacker, victim.address4, PORT)).toBe(true)
  expect(await victimPrints('ipset', 'list', '-n')).toBe('picket4\n')
  // Nor does it keep the next block from being made.
  await firewall().synchronise([entryFor(attacker.address4, { direction: 'in' })])
  await firewall().synchronise([entry(attacker.address4)])
  expect(await connectsTcp(attacker, victim.address4, PORT, 600)).toBe(false)
  for (const hook of ['INPUT', 'FORWARD', 'OUTPUT']) {
    await victimPrints('iptables', '-D', hook, '-j', 'THEIRS')
  }
  await victimPrints('iptables', '-F', 'THEIRS')
  await victimPrints('iptables', '-X', 'THEIRS')
})

test('a set of a kind that is over, which a rule of others looks into, is emptied and hinders nothing', async () => {
  const tcp = entryFor('192.0.2.9', { protocol: 'tcp' })
  await firewall().synchronise([tcp])
  const rule = ['FORWARD', '-m', 'set', '--match-set', 'picket4-tcp', 'src', '-j', 'ACCEPT']
  await victimPrints('iptables', '-A', ...rule)
  await firewall().synchronise([entry('192.0.2.7')])
  expect((await firewall().list()).map(({ target }) => target)).toEqual(['192.0.2.7'])
  await victimPrints('iptables', '-D', ...rule)
})

test('a chain left behind in the other variant of iptables is removed too, and no other chain there', async () => {
  await firewall().synchronise([entry('192.0.2.7')])
  const legacy = async (...args: string[]) => victimPrints('iptables-legacy', ...args)
  await legacy('-N', 'PICKET')
  await legacy('-A', 'PICKET', '-m', 'set', '--match-set', 'picket4', 'src', '-j', 'DROP')
  await legacy('-I', 'INPUT', '-j', 'PICKET')
  await legacy('-A', 'INPUT', '-s', '192.0.2.200', '-j', 'ACCEPT')
  await firewall().teardown()
  const left = await legacy('-S')
  expect(left).not.toContain('PICKET')
  expect(left).toContain('-A INPUT -s 192.0.2.200/32 -j ACCEPT')
  expect(await victimPrints('ipset', 'list', '-n')).toBe('')
  await legacy('-F')
})

test('a second synchronisation with the same entries writes nothing', async () => {
  const calls: string[] = []
  const run = runInside(network.hosts.victim)
  const watched = createIpsetFirewall({
    maxEntries: 20_000,
    run: (tool, args, options) => {
      calls.push([tool, ...args].join(' '))
      return run(tool, args, options)
    },
  })
  await watched.synchronise([entry('192.0.2.7', 600), entry('2001:db8::7')])
  expect(calls.some((call) => call.includes('restore'))).toBe(true)
  calls.length = 0
  await watched.synchronise([entry('192.0.2.7', 600), entry('2001:db8::7')])
  expect(calls.filter((call) => call.includes('restore'))).toEqual([])
})

test.each([
  ['the chain is emptied', ['iptables', '-F', 'PICKET']],
  ['a jump is removed', ['ip6tables', '-D', 'OUTPUT', '-j', 'PICKET']],
  ['all rules are flushed', ['iptables', '-F']],
  ['a rule is put before the jump', ['iptables', '-I', 'INPUT', '-j', 'ACCEPT']],
  ['the jump is doubled', ['iptables', '-A', 'FORWARD', '-j', 'PICKET']],
  ['a rule is added to the chain', ['iptables', '-I', 'PICKET', '-j', 'RETURN']],
])('when %s it is no longer intact, and synchronising repairs it', async (_, command) => {
  await firewall().synchronise([])
  expect(await firewall().isIntact()).toBe(true)
  await victimPrints(command[0]!, ...command.slice(1))
  expect(await firewall().isIntact()).toBe(false)
  await firewall().synchronise([])
  expect(await firewall().isIntact()).toBe(true)
  const jumps = (await victimPrints('iptables', '-S')).match(/-j PICKET$/gm)
  expect(jumps).toHaveLength(3)
  await network.hosts.victim.run('iptables', ['-F', 'INPUT'])
})

test('a set made with another limit is replaced without letting anybody through', async () => {
  const { attacker, victim } = network.hosts
  await firewall(5000).synchronise([entry(attacker.address4)])
  await firewall(9000).synchronise([entry(attacker.address4)])
  expect(await victimPrints('ipset', 'list', '-t', 'picket4')).toContain('maxelem 9000')
  expect(await connectsTcp(attacker, victim.address4, PORT, 600)).toBe(false)
})

test('more entries than the set may hold are refused, and what was blocked stays so', async () => {
  const { attacker, victim } = network.hosts
  await firewall(2).synchronise([entry(attacker.address4)])
  const tooMany = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((target) => entry(target))
  await expect(firewall(2).synchronise(tooMany)).rejects.toMatchObject({
    code: 'ERR_FIREWALL_FAILED',
    message: expect.stringContaining('full') as string,
  })
  expect(await connectsTcp(attacker, victim.address4, PORT, 600)).toBe(false)
  await firewall(2).teardown()
  expect(await victimPrints('ipset', 'list', '-name')).toBe('')
})

test('on a kernel without IPv6 filtering IPv4 is blocked as usual and IPv6 is refused with the reason', async () => {
  const run = runInside(network.hosts.victim)
  const without6 = createIpsetFirewall({
    maxEntries: 100,
    // A protocol that does not exist makes the real tool fail as it does on such a kernel.
    run: (tool, args, options) =>
      tool === 'ip6tables'
        ? run(tool, ['-t', 'nosuch', ...args], options)
        : run(tool, args, options),
  })
  const { attacker, victim } = network.hosts
  await without6.synchronise([entry(attacker.address4), entry(attacker.address6)])
  expect(await connectsTcp(attacker, victim.address4, PORT, 600)).toBe(false)
  expect(without6.ipv6Problem).toContain('ip6tables')
  await expect(without6.add([entry('2001:db8::7')])).rejects.toMatchObject({
    code: 'ERR_FIREWALL_FAILED',
    message: expect.stringContaining('2001:db8::7') as string,
  })
})

test('10,000 entries are added and removed in one call each', async () => {
  const entries = Array.from({ length: 10_000 }, (_, index) =>
    entry(`198.${18 + (index >> 14)}.${(index >> 8) & 255}.${index & 255}`, 3600),
  )
  await firewall().synchronise([])
  const tools: string[] = []
  const counting: RunCommand = (tool, args, options) => {
    tools.push(tool)
    return runInside(network.hosts.victim)(tool, args, options)
  }
  const counted = createIpsetFirewall({ run: counting, maxEntries: 20_000 })
  await counted.add(entries)
  // One process takes some 50 ms; one process an entry would take half a minute.
  expect(tools.length).toBeLessThan(10)
  expect(await firewall().list()).toHaveLength(10_000)
  tools.length = 0
  await counted.remove(entries)
  expect(tools.length).toBeLessThan(10)
  expect(await firewall().list()).toEqual([])
})

test('text that is no address never reaches a tool', async () => {
  await firewall().synchronise([])
  const before = await wholeFilter()
  for (const target of [
    '1.2.3.4; rm -rf /',
    '192.0.2.7\nflush picket4',
    '-j ACCEPT',
    '010.8.8.8',
  ]) {
    await expect(firewall().add([entry(target)])).rejects.toThrow(TypeError)
  }
  expect(await wholeFilter()).toBe(before)
})
