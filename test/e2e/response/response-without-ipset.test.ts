/** The response of an agent on a host that has iptables and no ipset: the program is hidden from it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { components } from '../../../openapi/contract.d.ts'
import { until } from '../../support/await-until.ts'
import { joinHosts, type TestHost, type TestNetwork } from '../../support/hosts/namespace.ts'
import { picket, startAgentIn, type RunningAgent } from '../../support/running-agent.ts'
import { connectsTcp, listenTcp } from '../../support/hosts/tcp-probe.ts'

type Block = components['schemas']['Block']

const WEB = 8080
const IPSET = '/usr/sbin/ipset'
const folder = mkdtempSync(join(tmpdir(), 'picket-plain-'))
const data = join(folder, 'data')
const config = { capture: { interfaces: [] }, respond: { reconcileSeconds: 1 } }
let network: TestNetwork<'victim' | 'attacker'>
let agent: RunningAgent
let token: string

/** `ip netns exec` gives each command a mount namespace of its own: there the program can be covered. */
function withoutIpset(host: TestHost): TestHost {
  const script = `mount --bind /dev/null ${IPSET} && exec "$@"`
  return { ...host, spawn: (command, args, options) => host.spawn('sh', ['-c', script, 'sh', command, ...args], options) } // prettier-ignore
}

beforeAll(async () => {
  network = await joinHosts(['victim', 'attacker'])
  const { victim } = network.hosts
  await listenTcp(victim, WEB)
  agent = await startAgentIn(withoutIpset(victim), data, config)
  const args = ['token', 'create', '--scopes', 'read,block', '--json', '--data-dir', data]
  token = (JSON.parse((await picket(victim, ...args)).stdout) as { token: string }).token
})

afterAll(async () => {
  await agent?.end('SIGKILL')
  await network?.remove()
  rmSync(folder, { recursive: true, force: true })
})

async function isKeptOut(address: 'address4' | 'address6'): Promise<boolean> {
  const { attacker, victim } = network.hosts
  return !(await connectsTcp(attacker, victim[address], WEB, 400))
}

async function ordered(body: object): Promise<Block> {
  const answer = await agent.call('POST', '/v1/blocks', token, body)
  expect(answer).toMatchObject({ status: 201 })
  return answer.body as Block
}

async function rules(tool = 'iptables'): Promise<string> {
  return (await network.hosts.victim.run(tool, ['-S'])).stdout
}

test('blocks are rules of the chain, with how long in words, and what they stopped is told', async () => {
  const { attacker } = network.hosts
  const health = (await agent.call('GET', '/v1/health', token)).body
  expect(health).toMatchObject({ firewall: { name: 'iptables-plain', usable: true } })
  const block = await ordered({ target: attacker.address4, ttlSeconds: 600 })
  const six = await ordered({ target: attacker.address6, direction: 'in', protocol: 'tcp', ports: [22, '8000-8100'] }) // prettier-ignore
  expect([block.state, six.state]).toEqual(['active', 'active'])
  expect([await isKeptOut('address4'), await isKeptOut('address6')]).toEqual([true, true])
  expect(await rules()).toMatch(
    /-A PICKET -s 10\.77\.0\.2\/32 -m comment --comment "both until 20[^"]*Z" -j DROP/,
  )
  const stopped = await until('it is counted', async () => {
    const told = (await agent.call('GET', `/v1/blocks/${block.id}`, token)).body as Block
    return told.stoppedPackets > 0 ? told.stoppedPackets : null
  })
  expect(stopped).toBeGreaterThan(0)
  expect((await network.hosts.victim.run('ipset', ['list', '-name'])).stdout).toBe('')
})

test('what somebody else did to the chain is put right', async () => {
  await network.hosts.victim.run('iptables', ['-F'])
  await until('it is put right', async () => ((await isKeptOut('address4')) ? true : null))
  await network.hosts.victim.run('iptables', ['-I', 'PICKET', '-j', 'RETURN'])
  await until('it is put right again', async () =>
    (await rules()).includes('-A PICKET -j RETURN') ? null : true,
  )
})

test('a block whose time is over is lifted by the agent, and the others stay', async () => {
  const block = await ordered({ target: '198.51.100.7', ttlSeconds: 1 })
  await until('it is expired', async () => {
    const told = (await agent.call('GET', `/v1/blocks/${block.id}`, token)).body as Block
    return told.state === 'expired' ? true : null
  })
  await until('it is lifted', async () => ((await rules()).includes('198.51.100.7') ? null : true))
  expect(await isKeptOut('address4')).toBe(true)
})

test('lifting all leaves the chain empty, and panic leaves nothing', async () => {
  const answer = await agent.call('DELETE', '/v1/blocks', token)
  expect((answer.body as components['schemas']['BlockList']).items).toHaveLength(2)
  expect((await rules()) + (await rules('ip6tables'))).not.toContain('DROP')
  expect(await isKeptOut('address4')).toBe(false)
  const panic = await picket(network.hosts.victim, 'panic', '--data-dir', data)
  expect([panic.code, panic.stderr]).toEqual([0, ''])
  expect((await rules()) + (await rules('ip6tables'))).not.toContain('PICKET')
})
