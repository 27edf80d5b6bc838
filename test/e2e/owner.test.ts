/** The agent in a test host names the processes of short connections, and says how it finds them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { components } from '../../openapi/contract.d.ts'
import { until } from '../support/await-until.ts'
import { joinHosts, type TestNetwork } from '../support/hosts/namespace.ts'
import { picket, startAgentIn, type RunningAgent } from '../support/running-agent.ts'

type OwnerHealth = components['schemas']['OwnerHealth']

const folder = mkdtempSync(join(tmpdir(), 'picket-owner-'))
const WEB_SERVER = `require('http').createServer((q,r)=>r.end('hello')).listen(8080,'::')`
const CALLS = 5
let network: TestNetwork<'host' | 'other'>
let agent: RunningAgent
let token = ''

beforeAll(async () => {
  network = await joinHosts(['host', 'other'])
  const { host, other } = network.hosts
  agent = await startAgentIn(host, folder, {
    capture: { interfaces: ['eth0'] },
    respond: { firewall: 'dry-run' },
    // Each test host has its own /sys; what is mounted there is gone with it.
    owner: { mountTracefs: true },
  })
  const made = await picket(
    host,
    'token',
    'create',
    '--scopes',
    'read',
    '--json',
    '--data-dir',
    folder,
  )
  token = (JSON.parse(made.stdout) as { token: string }).token
  for (const side of [host, other]) {
    side.spawn(process.execPath, ['-e', WEB_SERVER], { stdio: 'ignore' })
    const url = `http://${side.address4}:8080/`
    await until('the server answers', async () =>
      (await side.run('curl', ['-s', url])).stdout === 'hello' ? true : null,
    )
  }
})

afterAll(async () => {
  await agent?.end('SIGTERM')
  await network?.remove()
  rmSync(folder, { recursive: true, force: true })
})

async function ownerHealth(): Promise<OwnerHealth> {
  const { body } = await agent.call('GET', '/v1/health', token)
  return (body as { owners: OwnerHealth }).owners
}

describe('the agent', () => {
  it('finds the process of every short call, going out and coming in', async () => {
    const { host, other } = network.hosts
    for (let call = 0; call < CALLS; call += 1) {
      await host.run('curl', ['-s', `http://${other.address4}:8080/`])
      await other.run('curl', ['-s', `http://${host.address4}:8080/`])
    }
    const { sources } = await ownerHealth()
    const isTraced = sources[0]!.inForce
    // Where the kernel may not be traced, the one who listens is all that is left, and said to be.
    if (!isTraced) expect(sources[0]!.problem).toMatch(/./)
    const wanted = isTraced ? { connect: CALLS, close: CALLS } : { listener: CALLS }
    const { attributed } = await until(
      'the flows are recorded',
      async () => {
        const health = await ownerHealth()
        const isDone = Object.entries(wanted).every(
          ([how, count]) => (health.attributed[how] ?? 0) >= count,
        )
        return isDone ? health : null
      },
      { withinMs: 30_000 },
    )
    expect(attributed).toMatchObject(wanted)
    const { stdout } = await host.run('curl', ['-s', ...bearer(), 'http://127.0.0.1:8460/metrics'])
    const how = isTraced ? 'connect' : 'listener'
    expect(stdout).toContain(`picket_flows_owned_total{how="${how}"} ${CALLS}`)
  })

  it('says how it finds them in its health', async () => {
    const { enabled, sources } = await ownerHealth()
    expect(enabled).toBe(true)
    expect(sources.map(({ name }) => name)).toEqual(['trace', 'socket-table'])
    expect(sources[1]).toMatchObject({ inForce: true, problem: null })
  })
})

const bearer = () => ['-H', `Authorization: Bearer ${token}`]
