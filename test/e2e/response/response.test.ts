/** The response of a running agent: others at the firewall, panic with the agent alive and with it dead. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { components } from '../../../openapi/contract.d.ts'
import type { Event } from '../../../src/record/event.ts'
import { until } from '../../support/await-until.ts'
import { joinHosts, type TestNetwork } from '../../support/hosts/namespace.ts'
import { picket, startAgentIn, type RunningAgent } from '../../support/running-agent.ts'
import { connectsTcp, listenTcp } from '../../support/hosts/tcp-probe.ts'

const WEB = 8080
const folder = mkdtempSync(join(tmpdir(), 'picket-response-'))
const data = join(folder, 'data')
const config = {
  capture: { interfaces: [] },
  respond: { firewall: 'nftables', reconcileSeconds: 1 },
}
let network: TestNetwork<'victim' | 'attacker'>
let agent: RunningAgent
let token: string

beforeAll(async () => {
  network = await joinHosts(['victim', 'attacker'])
  const { victim } = network.hosts
  await listenTcp(victim, WEB)
  agent = await startAgentIn(victim, data, config)
  const args = ['token', 'create', '--scopes', 'read,block', '--json', '--data-dir', data]
  token = (JSON.parse((await picket(victim, ...args)).stdout) as { token: string }).token
})

afterAll(async () => {
  await agent?.end('SIGKILL')
  await network?.remove()
  rmSync(folder, { recursive: true, force: true })
})

const block = () =>
  agent.call('POST', '/v1/blocks', token, { target: network.hosts.attacker.address4 })

async function isKeptOut(): Promise<boolean> {
  const { attacker, victim } = network.hosts
  return !(await connectsTcp(attacker, victim.address4, WEB, 400))
}

/** Commands that name the configuration, as an operator's do. */
const cli = (...args: string[]) =>
  picket(network.hosts.victim, ...args, '--config', join(data, 'picket.yaml'), '--data-dir', data)

async function firewallText(): Promise<string> {
  const { victim } = network.hosts
  const [nft, sets] = [
    await victim.run('nft', ['list', 'ruleset']),
    await victim.run('ipset', ['list', '-n']),
  ]
  return nft.stdout + sets.stdout
}

test('what somebody else did to the firewall is put right and told as an event', async () => {
  expect((await block()).status).toBe(201)
  expect(await isKeptOut()).toBe(true)
  await network.hosts.victim.run('nft', ['flush', 'ruleset'])
  const event = await until('it is told', async () => {
    const { body } = await agent.call('GET', '/v1/events?kind=health.firewall-changed', token)
    return (body as { items: Event[] }).items[0] ?? null
  })
  expect(event.summary).toContain(network.hosts.attacker.address4)
  expect(await isKeptOut()).toBe(true)
})

test('panic takes everything out and holds off blocks, until it is ended', async () => {
  const { code, stdout } = await cli('panic')
  expect(code, stdout).toBe(0)
  expect(await firewallText()).not.toMatch(/picket/i)
  expect(await isKeptOut()).toBe(false)
  const refused = await block()
  expect(refused).toMatchObject({ status: 409, body: { guard: 'panic' } })
  const health = (await agent.call('GET', '/v1/health', token)).body
  expect((health as components['schemas']['Health']).problems?.join()).toContain('panic')
  expect((await cli('panic', '--end')).code).toBe(0)
  expect((await block()).status).toBe(201)
  expect(await isKeptOut()).toBe(true)
})

test('panic works with the agent dead, and the record holds no block then', async () => {
  await agent.end('SIGKILL')
  expect(await isKeptOut()).toBe(true)
  const { code, stdout } = await cli('panic')
  expect([code, stdout]).toMatchObject([0, expect.stringContaining('lifted in the record: 1')])
  expect(await isKeptOut()).toBe(false)
  expect(await firewallText()).not.toMatch(/picket/i)
  expect((await cli('blocks')).stdout).toBe('')
  await cli('panic', '--end')
})
