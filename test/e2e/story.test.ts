/**
 * The whole story on one network: an attacker, a victim that runs the agent with a real rsyslogd as its
 * SIEM, and an innocent neighbour; real nmap, real hydra, a real sshd, real iptables.
 */
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Database } from '../../src/record/sqlite/driver.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Event } from '../../src/record/event.ts'
import type { Block } from '../../src/record/logs/block-log.ts'
import { until } from '../support/await-until.ts'
import { parseCef } from '../support/delivery/cef-parser.ts'
import { joinHosts, type TestNetwork } from '../support/hosts/namespace.ts'
import { picket, startAgentIn, type RunningAgent } from '../support/running-agent.ts'
import { connectsTcp, listenTcp } from '../support/hosts/tcp-probe.ts'

const SERVICE_PORT = 8080
const SIEM_PORT = 5514

const folder = mkdtempSync(join(tmpdir(), 'picket-story-'))
const data = join(folder, 'data')
const siemLog = join(folder, 'siem.log')
const config = {
  capture: { interfaces: ['eth0'] },
  forward: {
    sinks: [{ name: 'siem', type: 'syslog', host: '127.0.0.1', port: SIEM_PORT, protocol: 'tcp' }],
  },
}
let network: TestNetwork<'victim' | 'attacker' | 'neighbour'>
let agent: RunningAgent
let token: string

beforeAll(async () => {
  network = await joinHosts(['victim', 'attacker', 'neighbour'])
  await listenTcp(network.hosts.victim, SERVICE_PORT)
  await startSshd()
  await startSiem()
  agent = await startAgentIn(network.hosts.victim, data, config)
  const made = await picket(
    network.hosts.victim,
    ...['token', 'create', '--scopes', 'read,block', '--json', '--data-dir', data],
  )
  token = (JSON.parse(made.stdout) as { token: string }).token
}, 60_000)

afterAll(async () => {
  await agent?.end('SIGKILL')
  await network?.remove()
  rmSync(folder, { recursive: true, force: true })
})

async function startSshd(): Promise<void> {
  const { victim } = network.hosts
  const key = join(folder, 'host-key')
  await victim.run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  const settings = [`HostKey ${key}`, 'PidFile none', 'UsePAM no', 'MaxStartups 200']
  writeFileSync(join(folder, 'sshd_config'), `${settings.join('\n')}\n`)
  victim.spawn('/usr/sbin/sshd', ['-D', '-e', '-f', join(folder, 'sshd_config')])
  await until('sshd listens', async () =>
    (await connectsTcp(victim, '127.0.0.1', 22, 500)) ? true : null,
  )
}

async function startSiem(): Promise<void> {
  const { victim } = network.hosts
  const settings = `
    global(workDirectory="${folder}")
    module(load="imtcp")
    input(type="imtcp" port="${SIEM_PORT}" address="127.0.0.1")
    template(name="raw" type="string" string="%rawmsg%\\n")
    action(type="omfile" file="${siemLog}" template="raw")`
  writeFileSync(join(folder, 'rsyslog.conf'), settings)
  const args = ['-n', '-i', join(folder, 'rsyslog.pid'), '-f', join(folder, 'rsyslog.conf')]
  victim.spawn('rsyslogd', args, { stdio: 'ignore' })
  await until('rsyslogd listens', async () =>
    (await connectsTcp(victim, '127.0.0.1', SIEM_PORT, 500)) ? true : null,
  )
}

/** What the SIEM holds: the CEF extension of each message. */
function siemEvents() {
  const lines = readFileSync(siemLog, 'utf8').split('\n')
  return lines
    .filter((line) => line.includes('CEF:0|'))
    .map((line) => parseCef(line.slice(line.indexOf('CEF:0|'))))
}

async function eventOf(query: string): Promise<Event> {
  return until(`an event for ${query}`, async () => {
    const { body } = await agent.call('GET', `/v1/events?${query}`, token)
    return (body as { items: Event[] }).items[0] ?? null
  })
}

function eventsOnDisk(): { id: string; story: string }[] {
  const database = new Database(join(data, 'picket.db'), { readonly: true })
  try {
    return database.prepare('SELECT id, story_key AS story FROM events').all() as never
  } finally {
    database.close()
  }
}

const order = (target: string, ttlSeconds: number | null) =>
  agent.call('POST', '/v1/blocks', token, { target, ttlSeconds, reason: 'story test' })

async function standingTargets(): Promise<string[]> {
  const { body } = await agent.call('GET', '/v1/blocks', token)
  return (body as { items: Block[] }).items.map((block) => block.target).sort()
}

async function kernelTargets(): Promise<string[]> {
  const { victim } = network.hosts
  const sets = await Promise.all(
    ['picket4', 'picket6'].map((name) => victim.run('ipset', ['list', name])),
  )
  return sets
    .flatMap(({ stdout }) => stdout.slice(stdout.indexOf('Members:\n') + 9).split('\n'))
    .map((line) => line.split(' ')[0]!)
    .filter((target) => target !== '')
    .sort()
}

describe('an attack on a host with Picket', () => {
  it('names the port scanner in the record, the API and the SIEM, under one id', async () => {
    const { attacker, victim } = network.hosts
    await attacker.run('nmap', ['-n', '-Pn', '-sS', '-p1-1000', victim.address4])
    const event = await eventOf(`attacker=${attacker.address4}&kind=scan.vertical`)
    expect(event).toMatchObject({
      kind: 'scan.vertical.syn',
      family: 'scan',
      attacker: attacker.address4,
      victims: [victim.address4],
      verdict: 'alert',
    })
    expect(eventsOnDisk().map(({ id }) => id)).toContain(event.id)
    const received = await until(
      'the SIEM has it',
      () => siemEvents().find((cef) => cef.extension['externalId'] === event.id) ?? null,
    )
    expect(received).toMatchObject({
      deviceVendor: 'Picket',
      deviceProduct: 'Picket',
      signatureId: 'scan.vertical.syn',
      extension: { src: attacker.address4, dst: victim.address4 },
    })
  }, 60_000)

  it('names who guesses ssh passwords', async () => {
    const { attacker, victim } = network.hosts
    const passwords = Array.from({ length: 60 }, (_, number) => `summer${number}`).join('\n')
    writeFileSync(join(folder, 'passwords'), passwords)
    const hydra = ['-I', '-t', '8', '-l', 'operator', '-P', join(folder, 'passwords')]
    const guessing = attacker.spawn('hydra', [...hydra, `ssh://${victim.address4}`], {
      stdio: 'ignore',
      // Interrupted, hydra leaves a file to go on from where it is.
      cwd: folder,
    })
    const ended = once(guessing, 'exit')
    const event = await eventOf(`attacker=${attacker.address4}&kind=bruteforce.ssh`)
    expect(event).toMatchObject({ family: 'bruteforce', victims: [victim.address4] })
    guessing.kill('SIGTERM')
    await ended
  }, 90_000)

  it('sees a scan over IPv6 too', async () => {
    const { attacker, victim } = network.hosts
    await attacker.run('nmap', ['-6', '-n', '-Pn', '-sS', '-p1-500', victim.address6])
    const event = await eventOf(`attacker=${attacker.address6}`)
    expect(event).toMatchObject({ kind: 'scan.vertical.syn', victims: [victim.address6] })
  }, 60_000)

  it('never accuses the neighbour', async () => {
    const { neighbour, victim } = network.hosts
    for (let visit = 0; visit < 5; visit += 1) {
      expect(await connectsTcp(neighbour, victim.address4, SERVICE_PORT)).toBe(true)
    }
    const { body } = await agent.call('GET', `/v1/events?attacker=${neighbour.address4}`, token)
    expect((body as { items: Event[] }).items).toEqual([])
  })

  it.each(['address4', 'address6'] as const)(
    'shuts the attacker out on order, not the neighbour, until the time is over (%s)',
    async (family) => {
      const { attacker, neighbour, victim } = network.hosts
      expect(await connectsTcp(attacker, victim[family], SERVICE_PORT)).toBe(true)
      expect((await order(attacker[family], 4)).status).toBe(201)
      expect(await connectsTcp(attacker, victim[family], SERVICE_PORT)).toBe(false)
      expect(await connectsTcp(neighbour, victim[family], SERVICE_PORT)).toBe(true)
      await until('the time is over', async () =>
        (await connectsTcp(attacker, victim[family], SERVICE_PORT, 500)) ? true : null,
      )
      expect(await standingTargets()).toEqual([])
    },
    30_000,
  )

  it('refuses to shut out those who run the host', async () => {
    const { victim } = network.hosts
    for (const target of [victim.address4, victim.address6, '0.0.0.0/0', '127.0.0.1']) {
      expect(await order(target, 60)).toMatchObject({
        status: 409,
        body: { type: 'urn:picket:problem:block-refused' },
      })
    }
    expect(await order('1.2.3.4; rm -rf /', 60)).toMatchObject({ status: 400 })
    expect(await kernelTargets()).toEqual([])
  })

  it('has after kill -9 the blocks of the record in force, and every event once', async () => {
    const { attacker, victim } = network.hosts
    await order(attacker.address4, null)
    await order(attacker.address6, 600)
    const before = eventsOnDisk()
    await agent.end('SIGKILL')
    await victim.run('ipset', ['flush', 'picket4'])
    agent = await startAgentIn(victim, data, config)
    expect(await standingTargets()).toEqual([attacker.address4, attacker.address6].sort())
    expect(await kernelTargets()).toEqual([attacker.address4, attacker.address6].sort())
    expect(await connectsTcp(attacker, victim.address4, SERVICE_PORT)).toBe(false)
    const after = eventsOnDisk()
    expect(after).toEqual(expect.arrayContaining(before))
    expect(new Set(after.map(({ story }) => story)).size).toBe(after.length)
    const ids = new Set(after.map(({ id }) => id))
    await until('the SIEM has every event, under its one id', () => {
      const received = new Set(siemEvents().map((cef) => cef.extension['externalId']))
      for (const id of received) expect(ids).toContain(id)
      return received.size === ids.size ? true : null
    })
  }, 60_000)

  it('lets everybody in again at one command, and stops promptly', async () => {
    const { attacker, victim } = network.hosts
    const lifted = await picket(victim, 'unblock', '--all', '--data-dir', data)
    expect(lifted.code).toBe(0)
    expect(await connectsTcp(attacker, victim.address4, SERVICE_PORT)).toBe(true)
    const before = performance.now()
    expect(await agent.end('SIGTERM')).toBe(0)
    expect(performance.now() - before).toBeLessThan(3000)
  }, 30_000)
})
