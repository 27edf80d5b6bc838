/** The kernel's own list of connections, and the real conntrack. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cutConnections } from '../../../src/respond/firewalls/connections.ts'
import type { RunCommand } from '../../../src/respond/command.ts'
import { entryFor } from '../../support/response/blocking.ts'
import { joinHosts, type TestNetwork } from '../../support/hosts/namespace.ts'
import { runInside } from '../../support/hosts/namespaced-command.ts'

let network: TestNetwork<'victim'>

beforeAll(async () => {
  network = await joinHosts(['victim'])
})
afterAll(() => network.remove())

test('a look and a run of conntrack forget the connections of all blocks, whichever end opened them, and no other', async () => {
  const { victim } = network.hosts
  const peers = ['192.0.2.7', '192.0.2.8', '192.0.2.9']
  const home = ['-p', 'tcp', '--sport', '40000', '--dport', '80', '--state', 'ESTABLISHED']
  for (const [at, peer] of peers.entries()) {
    const [from, to] = at % 2 === 0 ? [peer, victim.address4] : [victim.address4, peer]
    const added = await victim.run('conntrack', ['-I', '-s', from, '-d', to, '-t', '100', ...home])
    expect(added.code).toBe(0)
  }
  let runs = 0
  const inside = runInside(victim)
  const run: RunCommand = (...call) => {
    runs += 1
    return inside(...call)
  }
  const blocked = peers.slice(0, 2).map((peer) => entryFor(peer))
  await cutConnections(run, blocked, { killSockets: false })
  expect(runs).toBe(2)
  const { stdout } = await victim.run('conntrack', ['-L'])
  expect(peers.filter((peer) => stdout.includes(`=${peer} `))).toEqual(['192.0.2.9'])
})
