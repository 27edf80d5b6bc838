/** What an agent with `capture.interfaces: [auto]` captures on, on a host with bridges and cables of containers. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { components } from '../../../openapi/contract.d.ts'
import { until } from '../../support/await-until.ts'
import { joinHosts, type TestNetwork } from '../../support/hosts/namespace.ts'
import { picket, startAgentIn, type RunningAgent } from '../../support/running-agent.ts'

type Health = components['schemas']['Health']

const folder = mkdtempSync(join(tmpdir(), 'picket-auto-'))
let network: TestNetwork<'host'>
let agent: RunningAgent
let token: string

/** Runs `ip` with these words on the host. */
async function ip(words: string): Promise<void> {
  const { code, stderr } = await network.hosts.host.run('ip', words.split(' '))
  expect(code, `ip ${words}: ${stderr}`).toBe(0)
}

beforeAll(async () => {
  network = await joinHosts(['host'])
  await ip('link add docker0 type bridge')
  await ip('address add 172.17.0.1/16 dev docker0')
  await ip('link add veth1 type veth peer name inner1')
  await ip('link set veth1 master docker0')
  for (const name of ['docker0', 'veth1', 'inner1']) await ip(`link set ${name} up`)
  agent = await startAgentIn(network.hosts.host, folder, { respond: { firewall: 'dry-run' } })
  const args = ['token', 'create', '--scopes', 'read', '--json', '--data-dir', folder]
  const { stdout } = await picket(network.hosts.host, ...args)
  token = (JSON.parse(stdout) as { token: string }).token
})

afterAll(async () => {
  await agent?.end('SIGKILL')
  await network?.remove()
  rmSync(folder, { recursive: true, force: true })
})

async function captured(): Promise<string[]> {
  const health = (await agent.call('GET', '/v1/health', token)).body as Health
  return (health.sensors ?? []).map((sensor) => `${sensor.interface} ${sensor.state}`)
}

/** Resolves once these sensors are there, and no others. */
async function captures(...sensors: string[]): Promise<void> {
  await until(`the sensors are ${sensors.join(', ')}`, async () =>
    (await captured()).join() === sensors.join() ? true : null,
  )
}

describe('an agent that chooses its interfaces', () => {
  it('captures each packet once: neither inner bridges nor cables of containers', async () => {
    await captures('eth0 running')
  })

  it('says which it leaves out, and why', async () => {
    const { stdout } = await picket(network.hosts.host, 'doctor', '--data-dir', folder)
    expect(stdout).toMatch(/^interfaces +ok +eth0; not by auto: /m)
    expect(stdout).toContain('docker0 (a bridge within this host)')
    expect(stdout).toContain('veth1 (a port of docker0)')
    expect(stdout).toContain('inner1 (a virtual interface without an address)')
  })

  it('goes on to a tunnel that comes up later, and forgets it when it is gone', async () => {
    await ip('link add tun0 type veth peer name far0')
    await ip('address add 10.8.0.1/24 dev tun0')
    await ip('link set far0 up')
    await ip('link set tun0 up')
    await captures('eth0 running', 'tun0 running')
    await ip('link delete tun0')
    await captures('eth0 running')
    const { body } = await agent.call('GET', '/v1/health', token)
    expect((body as Health).problems).toEqual([])
  }, 60_000)
})
