/** What an agent with `capture.interfaces: [auto]` captures on, on a host with bridges and cables of containers. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { components } from '../../../openapi/contract.d.ts'
import { until } from '../../support/await-until.ts'
import { joinHosts, type TestHost, type TestNetwork } from '../../support/hosts/namespace.ts'
import { picket, startAgentIn, type RunningAgent } from '../../support/running-agent.ts'

type Health = components['schemas']['Health']

let network: TestNetwork<'host' | 'gateway'>

beforeAll(async () => {
  network = await joinHosts(['host', 'gateway'])
})

afterAll(() => network?.remove())

/** An agent on a test host, seen from outside. */
interface Watched {
  readonly agent: RunningAgent
  readonly folder: string
  health(): Promise<Health>
  end(): Promise<void>
}

async function watch(host: TestHost, capture: object): Promise<Watched> {
  const folder = mkdtempSync(join(tmpdir(), 'picket-auto-'))
  const agent = await startAgentIn(host, folder, { capture, respond: { firewall: 'dry-run' } })
  const args = ['token', 'create', '--scopes', 'read', '--json', '--data-dir', folder]
  const { token } = JSON.parse((await picket(host, ...args)).stdout) as { token: string }
  return {
    agent,
    folder,
    health: async () => (await agent.call('GET', '/v1/health', token)).body as Health,
    async end() {
      await agent.end('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Resolves once these sensors are there, and no others. */
async function captures({ health }: Watched, expected: readonly string[]): Promise<void> {
  await until(`the sensors are ${expected.join(', ')}`, async () => {
    const { sensors = [] } = await health()
    const found = sensors.map((sensor) => `${sensor.interface} ${sensor.state}`)
    return isDeepStrictEqual(found, expected) ? true : null
  })
}

function running(...names: readonly string[]): string[] {
  return names.map((name) => `${name} running`)
}

async function names({ health }: Watched): Promise<string[]> {
  const { sensors = [] } = await health()
  return sensors.map((sensor) => sensor.interface)
}

/** Runs `ip` with these words on the host. */
async function ip(host: TestHost, words: string): Promise<void> {
  const { code, stderr } = await host.run('ip', words.split(' '))
  expect(code, `ip ${words}: ${stderr}`).toBe(0)
}

/** Brings up an interface with an address and no hardware, `10.8.N.1/24` on `tunN`. */
async function addTunnel(host: TestHost, number: number): Promise<void> {
  await ip(host, `link add tun${number} type veth peer name far${number}`)
  await ip(host, `address add 10.8.${number}.1/24 dev tun${number}`)
  await ip(host, `link set far${number} up`)
  await ip(host, `link set tun${number} up`)
}

describe('an agent that chooses its interfaces', () => {
  let watched: Watched
  let host: TestHost

  beforeAll(async () => {
    host = network.hosts.host
    await ip(host, 'link add docker0 type bridge')
    await ip(host, 'address add 172.17.0.1/16 dev docker0')
    await ip(host, 'link add veth1 type veth peer name inner1')
    await ip(host, 'link set veth1 master docker0')
    for (const name of ['docker0', 'veth1', 'inner1']) await ip(host, `link set ${name} up`)
    watched = await watch(host, {})
  })

  afterAll(() => watched?.end())

  it('captures each packet once: neither inner bridges nor cables of containers', async () => {
    await captures(watched, running('eth0'))
  })

  it('says which it leaves out, and why', async () => {
    const { stdout } = await picket(host, 'doctor', '--data-dir', watched.folder)
    expect(stdout).toMatch(/^interfaces +ok +eth0; not by auto: /m)
    expect(stdout).toContain('docker0 (a bridge within this host)')
    expect(stdout).toContain('veth1 (a port of docker0)')
    expect(stdout).toContain('inner1 (a virtual interface without an address)')
  })

  it('goes on to a tunnel that comes up later, and forgets it when it is gone', async () => {
    await addTunnel(host, 1)
    await captures(watched, running('eth0', 'tun1'))
    await ip(host, 'link delete tun1')
    await captures(watched, running('eth0'))
    expect((await watched.health()).problems).toEqual([])
  }, 60_000)
})

describe('an agent that chooses its interfaces and is told of one besides', () => {
  let watched: Watched
  let host: TestHost

  beforeAll(async () => {
    host = network.hosts.gateway
    for (const number of [1, 2, 3, 4, 5, 6, 7, 8]) await addTunnel(host, number)
    watched = await watch(host, { interfaces: ['tun1', 'auto'] })
  }, 60_000)

  afterAll(() => watched?.end())

  it('misses the one it was told of when that is gone, though it is no hardware', async () => {
    const named = 'tun1'
    const others = ['eth0', 'tun2', 'tun3', 'tun4', 'tun5', 'tun6', 'tun7']
    await captures(watched, running(named, ...others))
    await ip(host, 'link delete tun1')
    // tun8 was the ninth, and is the eighth now.
    await captures(watched, [`${named} failed`, ...running(...others, 'tun8')])
    expect((await watched.health()).problems).toEqual([expect.stringContaining('tun1')])
  }, 60_000)

  it('never has more sensors than eight of its own choice, also when some are down', async () => {
    for (const number of [2, 3]) await ip(host, `link set tun${number} down`)
    for (const number of [9, 10]) await addTunnel(host, number)
    await ip(host, 'link delete tun4')
    // One has gone, so one may come.
    await until('tun4 is forgotten', async () => !(await names(watched)).includes('tun4') || null)
    const kept = ['tun1', 'eth0', 'tun2', 'tun3', 'tun5', 'tun6', 'tun7', 'tun8']
    expect(await names(watched)).toEqual([...kept, 'tun9'])
  }, 60_000)
})
