/** Letting everybody in when something is broken: the configuration, the disk, the agent itself. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest'
import { stringify } from 'yaml'
import type { components } from '../../../openapi/contract.d.ts'
import { until } from '../../support/await-until.ts'
import { joinHosts, type TestNetwork } from '../../support/hosts/namespace.ts'
import { picket, startAgentIn, type RunningAgent } from '../../support/running-agent.ts'
import { failingDisk } from '../../support/hosts/disks/failing-disk.ts'
import { smallDisk } from '../../support/hosts/disks/small-disk.ts'

const folder = mkdtempSync(join(tmpdir(), 'picket-rescue-'))
const data = join(folder, 'data')
const config = {
  capture: { interfaces: [] },
  respond: { firewall: 'iptables', reconcileSeconds: 1 },
  record: { dir: data },
}
let network: TestNetwork<'victim' | 'attacker'>
let agent: RunningAgent
let token: string

beforeAll(async () => {
  network = await joinHosts(['victim', 'attacker'])
})

afterEach(async () => {
  await agent?.end('SIGKILL')
  await cli('panic')
  await cli('panic', '--end')
})

afterAll(async () => {
  await network?.remove()
  rmSync(folder, { recursive: true, force: true })
})

/** An agent that blocks the attacker. */
async function blockingAgent(changes: object = {}): Promise<void> {
  const { victim, attacker } = network.hosts
  agent = await startAgentIn(victim, data, { ...config, ...changes })
  const args = ['token', 'create', '--scopes', 'read,block', '--json', '--data-dir', data]
  token = (JSON.parse((await picket(victim, ...args)).stdout) as { token: string }).token
  const { status } = await agent.call('POST', '/v1/blocks', token, { target: attacker.address4 })
  expect([200, 201]).toContain(status)
  expect(await firewallText()).toContain('PICKET')
}

const cli = (...args: string[]) =>
  picket(network.hosts.victim, ...args, '--config', join(data, 'picket.yaml'))

/** Whether the firewall holds the attacker; what it keeps of ours beside is no matter. */
async function attackerIsOut(): Promise<boolean> {
  const { victim, attacker } = network.hosts
  const { code } = await victim.run('ipset', ['test', 'picket4', attacker.address4])
  return code === 0
}

async function firewallText(): Promise<string> {
  const { victim } = network.hosts
  const [rules, sets] = [
    await victim.run('iptables', ['-S']),
    await victim.run('ipset', ['list', '-n']),
  ]
  return rules.stdout + sets.stdout
}

function configure(text: string): void {
  writeFileSync(join(data, 'picket.yaml'), text)
}

test.each([
  ['is no YAML', `record: { dir: ${data} }\nrespond: { firewall: bogus`],
  ['holds a fault', `record: { dir: ${data} }\nrespond: { firewall: bogus }`],
])('panic works while the configuration %s', async (_, broken) => {
  await blockingAgent()
  configure(broken)
  const { code, stderr } = await cli('panic')
  expect([code, stderr]).toMatchObject([0, expect.stringContaining('defaults')])
  expect(await firewallText()).not.toMatch(/picket/i)
  expect((await picket(network.hosts.victim, 'blocks', '--data-dir', data)).stdout).toBe('')
})

test('unblock --all works while the configuration is broken and the agent dead', async () => {
  await blockingAgent()
  await agent.end('SIGKILL')
  configure(`record: { dir: ${data} }\nrespond: { firewall: bogus }`)
  expect((await cli('unblock', '--all')).stdout).toContain('lifted')
  expect(await firewallText()).not.toMatch(/picket/i)
})

test('panic takes out what is in force where blocks are only tried by now', async () => {
  await blockingAgent()
  await agent.end('SIGKILL')
  configure(stringify({ ...config, respond: { firewall: 'dry-run' } }))
  expect((await cli('panic')).code).toBe(0)
  expect(await firewallText()).not.toMatch(/picket/i)
})

test('panic works on a full disk, and holds off blocks', async () => {
  await blockingAgent()
  await agent.end('SIGKILL')
  const { victim } = network.hosts
  const disk = await smallDisk(1)
  disk.fillTo(0)
  const { stdout } = await picket(victim, 'panic', '--data-dir', disk.folder)
  expect(stdout).toContain('nobody is blocked from now on')
  expect(await firewallText()).not.toMatch(/picket/i)
  const ended = await picket(victim, 'panic', '--end', '--data-dir', disk.folder)
  expect(ended.stdout).toContain('blocks can be made again')
})

test('on a disk that went read-only everybody is let in all the same, and what the record lacks is said', async ({
  skip,
}) => {
  const disk = await failingDisk()
  if (disk === null) return skip('this kernel has no loop device to spare')
  onTestFinished(() => disk.remove())
  const { victim, attacker } = network.hosts
  const place = ['--data-dir', join(disk.folder, 'data')]
  agent = await startAgentIn(victim, join(disk.folder, 'data'), { ...config, record: {} })
  expect((await picket(victim, 'block', attacker.address4, ...place)).code).toBe(0)
  disk.fail()
  const lifted = await picket(victim, 'unblock', '--all', ...place)
  expect([lifted.code, lifted.stdout]).toMatchObject([
    0,
    expect.stringMatching(`${attacker.address4} +lifted`),
  ])
  expect(await attackerIsOut()).toBe(false)
  expect((await picket(victim, 'blocks', ...place)).stdout).not.toContain('active')
  const status = await picket(victim, 'status', ...place)
  expect(status.stdout).toMatch(/^problem: .*1 lift in force and not on record yet/m)
  await agent.end('SIGKILL')
  await picket(victim, 'unblock', '--all', ...place)
  expect(await firewallText()).not.toMatch(/picket/i)
})

test('past an agent that hangs everybody is let in, and that it may block again is told', async () => {
  await blockingAgent()
  agent.child.kill('SIGSTOP')
  const one = await cli('unblock', network.hosts.attacker.address4)
  expect([one.code, one.stderr]).toMatchObject([1, expect.stringContaining('does not answer')])
  const { code, stderr } = await cli('unblock', '--all')
  expect([code, stderr]).toMatchObject([1, expect.stringContaining('picket panic')])
  expect(await firewallText()).not.toMatch(/picket/i)
})

test('every command says that the agent hangs, and waits no longer than that', async () => {
  agent = await startAgentIn(network.hosts.victim, data, config)
  agent.child.kill('SIGSTOP')
  const commands = [
    ['blocks'],
    ['events'],
    ['block', '192.0.2.66'],
    ['sinks', 'list'],
    ['selftest'],
  ]
  for (const { code, stderr } of await Promise.all(commands.map((args) => cli(...args)))) {
    expect([code, stderr]).toMatchObject([1, expect.stringContaining('does not answer')])
  }
})

test('panic does not wait for an agent that hangs, which blocks nobody when it goes on', async () => {
  await blockingAgent()
  agent.child.kill('SIGSTOP')
  const { code, stderr } = await cli('panic')
  expect([code, stderr]).toMatchObject([0, expect.stringContaining('does not answer')])
  agent.child.kill('SIGCONT')
  await until('the agent has seen it', async () => {
    const { body } = await agent.call('GET', '/v1/health', token)
    return (body as components['schemas']['Health']).problems?.join().includes('panic') || null
  })
  expect(await firewallText()).not.toMatch(/picket/i)
})
