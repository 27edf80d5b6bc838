/** `picket selftest` on a real agent: what passes, what says that it did not, and that nobody is blocked. */
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import type { components } from '../../openapi/contract.d.ts'
import type { Event } from '../../src/record/event.ts'
import { until } from '../support/await-until.ts'
import { joinHosts, type TestNetwork } from '../support/hosts/namespace.ts'
import { picket, startAgentIn, type RunningAgent } from '../support/running-agent.ts'

type Report = components['schemas']['SelfTest']

const folder = mkdtempSync(join(tmpdir(), 'picket-selftest-'))
const data = join(folder, 'data')
const received = join(folder, 'events.ndjson')
const collector = join(folder, 'siem')
const config = {
  capture: { interfaces: ['eth0'] },
  policy: {
    mode: 'block',
    blockWhen: [{ minSeverity: 1, minConfidence: 0.1, ttlSeconds: 600 }],
  },
  forward: {
    sinks: [
      { name: 'file', type: 'file', path: received },
      { name: 'picky', type: 'file', path: join(folder, 'grave'), minSeverity: 10 },
      { name: 'siem', type: 'syslog', protocol: 'unix', path: collector },
    ],
  },
}
let network: TestNetwork<'victim'>
let agent: RunningAgent
let siem: { stop(): Promise<void> }

/** A collector on a unix socket, which takes everything until it is gone. */
async function collect(path: string): Promise<{ stop(): Promise<void> }> {
  const open = new Set<Socket>()
  const server: Server = createServer((socket) => open.add(socket.resume()))
  server.listen(path)
  await once(server, 'listening')
  return {
    async stop() {
      server.close()
      for (const socket of open) socket.destroy()
      await once(server, 'close')
    },
  }
}

beforeAll(async () => {
  network = await joinHosts(['victim'])
  siem = await collect(collector)
  agent = await startAgentIn(network.hosts.victim, data, config)
})

afterAll(async () => {
  await agent?.end('SIGKILL')
  await network?.remove()
  rmSync(folder, { recursive: true, force: true })
})

async function selfTest(...options: string[]): Promise<{ code: number | null; report: Report }> {
  const args = ['selftest', '--json', '--data-dir', data, ...options]
  const { code, stdout, stderr } = await picket(network.hosts.victim, ...args)
  if (stdout === '') throw new Error(stderr)
  return { code, report: JSON.parse(stdout) as Report }
}

const outcomes = ({ steps }: Report) =>
  Object.fromEntries(steps.map(({ step, subject, outcome }) => [`${step} ${subject}`, outcome]))

async function events(): Promise<Event[]> {
  const args = ['events', '--json', '--data-dir', data]
  const { stdout } = await picket(network.hosts.victim, ...args)
  const lines = stdout.split('\n').filter(Boolean)
  return lines.map((line) => JSON.parse(line) as Event)
}

describe('a self-test', () => {
  it('passes within seconds where every part does its work', async () => {
    const { code, report } = await selfTest()
    expect(code).toBe(0)
    expect(report.passed).toBe(true)
    expect(outcomes(report)).toEqual({
      'detect eth0': 'passed',
      'record eth0': 'passed',
      'forward file': 'passed',
      'forward picky': 'passed',
      'forward siem': 'passed',
      'block iptables': 'passed',
    })
    const sent = report.steps.find(({ subject }) => subject === 'siem')!
    expect(sent.detail).toMatch(/^sent; syslog acknowledges nothing/)
    const passedOver = report.steps.find(({ subject }) => subject === 'picky')!
    expect(passedOver.detail).toMatch(/^left out, as its own filter or rate says/)
    expect(report.milliseconds).toBeLessThan(10_000)
  })

  it('leaves an event that is marked in the log and at the sinks, and belongs to no incident', async () => {
    const { report } = await selfTest()
    const [id] = report.events
    const event = (await events()).find((one) => one.id === id)!
    expect(event).toMatchObject({
      ...{ kind: 'scan.vertical.syn', attacker: '198.51.100.66', selfTest: report.id },
      ...{ verdict: 'alert', simulated: true, incident: null, revision: 1 },
    })
    const sent = readFileSync(received, 'utf8').split('\n').filter(Boolean)
    const documents = sent.map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(documents.filter(({ tags }) => String(tags) === 'picket-self-test')).not.toHaveLength(0)
    const ofThis = documents.find((one) => (one.event as { id: string }).id === id)
    expect(ofThis).toMatchObject({ picket: { self_test: report.id }, event: { kind: 'event' } })
  })

  it('blocks nobody, though policy blocks every detection, and leaves no flow behind', async () => {
    const { victim } = network.hosts
    const { stdout: rules } = await victim.run('ipset', ['list'])
    expect(rules).not.toContain('198.51.100.66')
    const blocks = await picket(victim, 'blocks', '--json', '--data-dir', data)
    expect(blocks.stdout).toBe('')
    const flows = await picket(victim, 'flows', '--json', '--data-dir', data)
    expect(flows.stdout).not.toContain('198.51.100.66')
  })

  it('says which sink has not got the event, and fails', async () => {
    await siem.stop()
    const { code, report } = await selfTest('--timeout', '2s')
    expect(code).toBe(1)
    expect(report.passed).toBe(false)
    const failed = report.steps.filter(({ outcome }) => outcome === 'failed')
    expect(failed).toMatchObject([{ step: 'forward', subject: 'siem' }])
    expect(failed[0]!.detail).toMatch(/its position is \d+, the event is number \d+$/)
  })

  it('fails where scans are not looked for', async () => {
    const blind = { ...config, detect: { portScan: { enabled: false } } }
    writeFileSync(join(data, 'picket.yaml'), stringify(blind))
    agent.child.kill('SIGHUP')
    await until('it runs with that', () =>
      agent.output().includes('running with the new configuration') ? true : null,
    )
    const { code, report } = await until('the sensor captures', async () => {
      const tested = await selfTest('--timeout', '2s')
      return tested.report.steps[0]?.detail.includes('is starting') ? null : tested
    })
    expect(code).toBe(1)
    expect(report.steps).toMatchObject([{ step: 'detect', subject: 'eth0', outcome: 'failed' }])
    expect(report.steps[0]!.detail).toMatch(/is detect\.portScan enabled\?/)
  })

  it('fails without an agent', async () => {
    await agent.end('SIGTERM')
    const args = ['selftest', '--data-dir', data]
    expect(await picket(network.hosts.victim, ...args)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no agent runs on this data folder') as string,
    })
  })
})
