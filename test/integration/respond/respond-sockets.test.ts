/** Sockets of this host with a blocked peer: ended where that is asked, those with others left alone. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { FirewallEntry } from '../../../src/respond/firewall.ts'
import { createNftablesFirewall } from '../../../src/respond/firewalls/nftables.ts'
import { until } from '../../support/await-until.ts'
import { entryFor } from '../../support/response/blocking.ts'
import { joinHosts, type TestNetwork } from '../../support/hosts/namespace.ts'
import { runInside } from '../../support/hosts/namespaced-command.ts'
import { holdTcp, listenTcp } from '../../support/hosts/tcp-probe.ts'

const WEB = 8080
const SSH = 2222

let network: TestNetwork<'attacker' | 'victim' | 'neighbour'>

beforeAll(async () => {
  network = await joinHosts(['attacker', 'victim', 'neighbour'])
  await Promise.all([WEB, SSH].map((port) => listenTcp(network.hosts.victim, port)))
  await listenTcp(network.hosts.attacker, WEB)
})

afterAll(() => network.remove())

/** The local and the far end's port of every TCP connection of the victim with the address. */
async function connectionsWith(address: string): Promise<string[]> {
  const far = address.includes(':') ? `[${address}]` : address
  const args = ['-Htn', 'state', 'established', 'dst', far]
  const { stdout } = await network.hosts.victim.run('ss', args)
  return stdout.split('\n').filter(Boolean)
}

async function blocked(entry: FirewallEntry, killSockets = true): Promise<() => Promise<void>> {
  const firewall = createNftablesFirewall({ run: runInside(network.hosts.victim), killSockets })
  await firewall.synchronise([])
  await firewall.add([entry])
  return () => firewall.teardown()
}

test.each(['address4', 'address6'] as const)(
  'a blocked peer loses its sockets, whoever opened them, and nobody else does (%s)',
  async (address) => {
    const { attacker, victim, neighbour } = network.hosts
    const opened = [
      await holdTcp(attacker, victim[address], WEB),
      await holdTcp(victim, attacker[address], WEB),
      await holdTcp(neighbour, victim[address], WEB),
    ]
    expect(await connectionsWith(attacker[address])).toHaveLength(2)
    const lift = await blocked(entryFor(attacker[address]))
    await until('the sockets are gone', async () =>
      (await connectionsWith(attacker[address])).length === 0 ? true : null,
    )
    expect(await opened[2]!.echoes('still here')).toBe(true)
    for (const one of opened) one.close()
    await lift()
  },
)

test('a block of a range of ports ends the sockets of those ports alone', async () => {
  const { attacker, victim } = network.hosts
  const opened = [
    await holdTcp(attacker, victim.address4, WEB),
    await holdTcp(attacker, victim.address4, SSH),
  ]
  const ports = { first: 8000, last: 8100 }
  const lift = await blocked(
    entryFor(attacker.address4, { direction: 'in', protocol: 'tcp', ports }),
  )
  const left = await until('one socket is gone', async () => {
    const found = await connectionsWith(attacker.address4)
    return found.length === 1 ? found : null
  })
  expect(left[0]).toContain(`:${SSH} `)
  expect(await opened[1]!.echoes('still here')).toBe(true)
  for (const one of opened) one.close()
  await lift()
})

test('where it is not asked the socket stays, and nothing comes through it', async () => {
  const { attacker, victim } = network.hosts
  const held = await holdTcp(attacker, victim.address4, SSH)
  const lift = await blocked(entryFor(attacker.address4), false)
  expect(await held.echoes('anybody?', 300)).toBe(false)
  expect(await connectionsWith(attacker.address4)).toHaveLength(1)
  held.close()
  await lift()
})
