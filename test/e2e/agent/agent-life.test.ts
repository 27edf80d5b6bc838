/** The agent in the face of what happens to agents: a sensor that dies, a new configuration, a twin. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import type { components } from '../../../openapi/contract.d.ts'
import type { Event } from '../../../src/record/event.ts'
import { packagedFile } from '../../../src/core/files/package-root.ts'
import { until } from '../../support/await-until.ts'
import { joinHosts, type TestNetwork } from '../../support/hosts/namespace.ts'
import { picket, startAgentIn, type RunningAgent } from '../../support/running-agent.ts'

type Health = components['schemas']['Health']

const folder = mkdtempSync(join(tmpdir(), 'picket-life-'))
const data = join(folder, 'data')
const configFile = join(data, 'picket.yaml')
const config = { capture: { interfaces: ['eth0'] } }
let network: TestNetwork<'victim' | 'attacker'>
let agent: RunningAgent
let token: string

beforeAll(async () => {
  network = await joinHosts(['victim', 'attacker'])
  mkdirSync(data)
  writeFileSync(join(data, 'picket.db'), 'this was never a database. '.repeat(400))
  agent = await startAgentIn(network.hosts.victim, data, config)
  const args = ['token', 'create', '--scopes', 'read,block', '--json', '--data-dir', data]
  const { stdout } = await picket(network.hosts.victim, ...args)
  token = (JSON.parse(stdout) as { token: string }).token
})

afterAll(async () => {
  await agent?.end('SIGKILL')
  await network?.remove()
  rmSync(folder, { recursive: true, force: true })
})

async function health(): Promise<Health> {
  return (await agent.call('GET', '/v1/health', token)).body as Health
}

async function firstEvent(query: string): Promise<Event | null> {
  const { body } = await agent.call('GET', `/v1/events?${query}`, token)
  return (body as { items: Event[] }).items[0] ?? null
}

function childOf(pid: number, name: string): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
  const found = children.find((child) => {
    return readFileSync(`/proc/${child}/cmdline`, 'utf8').includes(name)
  })
  if (found === undefined) throw new Error(`process ${pid} has no child ${name}`)
  return Number(found)
}

describe('an agent that runs', () => {
  it('tells by an event that its log was damaged and set aside', async () => {
    const event = await until('the damage is an event', () =>
      firstEvent('kind=health.record-damaged'),
    )
    expect(event).toMatchObject({ family: 'health', severity: 7, attacker: null })
    expect(event.summary).toMatch(/^The log was damaged .* kept as .*picket\.db\.damaged-/)
  })

  it('lets what parses packets be an ordinary user without a single right, though started by root', () => {
    const sensor = childOf(agent.child.pid!, 'sensor-process')
    const status = readFileSync(`/proc/${sensor}/status`, 'utf8')
    const user = execFileSync('id', ['-u', 'tcpdump'], { encoding: 'utf8' }).trim()
    expect(status).toMatch(new RegExp(`^Uid:\t${user}\t${user}\t${user}\t${user}$`, 'm'))
    for (const set of ['CapPrm', 'CapEff', 'CapAmb']) {
      expect(status).toMatch(new RegExp(`^${set}:\t0+$`, 'm'))
    }
  })

  it('records that a sensor was killed, starts another, and that one sees', async () => {
    const { attacker, victim } = network.hosts
    process.kill(childOf(agent.child.pid!, 'sensor-process'), 'SIGKILL')
    const event = await until('the failure is an event', () =>
      firstEvent('kind=health.sensor-failed'),
    )
    expect(event).toMatchObject({ family: 'health', attacker: null, interface: 'eth0' })
    expect(event.summary).toMatch(/^Blind on eth0 .*SIGKILL/)
    const sensor = await until('it captures again', async () => {
      const [first] = (await health()).sensors ?? []
      return first?.state === 'running' ? first : null
    })
    expect(sensor.restarts).toBe(1)
    const over = await until('the event tells from when to when', async () => {
      const now = await firstEvent('kind=health.sensor-failed')
      return now?.summary.includes(' to ') ? now : null
    })
    expect(over.id).toBe(event.id)
    expect(over.summary).toMatch(/^Blind on eth0 from \d\d:\d\d:\d\d to \d\d:\d\d:\d\d: .*SIGKILL/)
    expect(over.lastSeen > over.firstSeen).toBe(true)
    await attacker.run('nmap', ['-n', '-Pn', '-sS', '-p1-200', victim.address4])
    await until('the new sensor sees a scan', () => firstEvent(`attacker=${attacker.address4}`))
  })

  it('says on the command line how it fares, part by part', async () => {
    const { stdout } = await picket(network.hosts.victim, 'status', '--data-dir', data)
    expect(stdout).toMatch(/^agent +(ok|degraded) +version \S+, runs since .* UTC \([\d.]+ s\)$/m)
    expect(stdout).toMatch(/^capture eth0 +running +[\d,]+ packets, .*, restarted 1 time$/m)
    expect(stdout).toMatch(/^isolation-forest eth0 +learning +0 % of the warm-up$/m)
    expect(stdout).toMatch(/^firewall +usable +iptables, 0 blocks in force$/m)
  })

  it('has written what it loaded, started and lost into an audit trail that holds together', async () => {
    const { body } = await agent.call('GET', '/v1/audit?actor=agent&limit=1000', token)
    const { items } = body as components['schemas']['AuditPage']
    expect(items.map(({ action }) => action).reverse()).toEqual(
      expect.arrayContaining([
        ...['agent.started', 'config.loaded', 'rules.loaded'],
        ...['sensor.started', 'sensor.failed', 'sensor.started'],
      ]),
    )
    const loaded = items.find(({ action }) => action === 'config.loaded')!
    expect(loaded.details).toEqual({
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    })
    const verified = await agent.call('GET', '/v1/audit/verify', token)
    expect(verified.body).toMatchObject({ isIntact: true, problems: [] })
  })

  it('takes a rule that is dropped into its folder, beside a bad one that it refuses', async () => {
    const { attacker, victim } = network.hosts
    mkdirSync(join(data, 'rules'))
    writeFileSync(join(data, 'rules', 'bad.yaml'), 'title: [bad')
    const rule = `title: Knock on an odd port
name: odd-port
logsource: { category: network_connection }
detection: { sel: { dst_port: 4711 }, condition: sel }
level: low
picket: { kind: policy.odd-port, attacker: src_ip, victim: dst_ip }
`
    writeFileSync(join(data, 'rules', 'own.yaml'), rule)
    await until('the fault is told', () => (agent.output().includes('bad.yaml') ? true : null))
    const event = await until('the rule fires', async () => {
      await attacker
        .run('curl', ['-s', '-m', '1', `http://${victim.address4}:4711/`])
        .catch(() => null)
      return firstEvent('kind=policy.odd-port')
    })
    expect(event).toMatchObject({
      ...{ family: 'policy', severity: 3, attacker: attacker.address4, victims: [victim.address4] },
      detectors: ['sigma:odd-port'],
    })
    await until('the API tells how often it has held', async () => {
      const { body } = await agent.call('GET', '/v1/rules', token)
      const { items, refused } = body as components['schemas']['RuleListing']
      expect(refused.map(({ file }) => file)).toEqual([join(data, 'rules', 'bad.yaml')])
      return items.some(({ name, hits }) => name === 'odd-port' && hits > 0) ? true : null
    })
  })

  it('says in health when its tcpdump was killed, and recovers', async () => {
    const sensor = childOf(agent.child.pid!, 'sensor-process')
    process.kill(childOf(sensor, 'tcpdump'), 'SIGKILL')
    await until('health says it', async () => {
      const { status, problems } = await health()
      return status === 'degraded' && problems?.some((problem) => problem.includes('eth0'))
        ? true
        : null
    })
    await until('it is well again', async () => ((await health()).status === 'ok' ? true : null))
  })

  it('tells of the host and of what it uses itself: in health, in metrics and as one event', async () => {
    const host = await until('health has two readings', async () => {
      const { host } = await health()
      return host && host.cpuShare !== null && host.processes.length === 3 ? host : null
    })
    expect(host.processes.map(({ role }) => role)).toEqual(['agent', 'sensor', 'capture'])
    expect(host.interfaces).toMatchObject([{ interface: 'eth0' }])
    const event = await until('the event is there', () => firstEvent('kind=health.host'))
    expect(event).toMatchObject({ family: 'health', severity: 0, interface: 'host', count: 1 })
    const url = 'http://127.0.0.1:8460/metrics'
    const header = `Authorization: Bearer ${token}`
    const { stdout } = await network.hosts.victim.run('curl', ['-s', '-H', header, url])
    expect(stdout).toMatch(/^picket_host_cpu_ratio 0?\.?\d/m)
    expect(stdout).toMatch(/^picket_interface_packets\{interface="eth0",direction="received"\} \d/m)
    expect(stdout).toMatch(/^picket_process_resident_bytes\{role="sensor",interface="eth0"\} \d/m)
  })

  it('refuses a twin on the same data folder and goes on undisturbed', async () => {
    const args = ['start', '--config', configFile, '--data-dir', data]
    const twin = await picket(network.hosts.victim, ...args)
    expect(twin).toMatchObject({ code: 1 })
    expect(twin.stderr).toMatch(/another agent runs on/)
    expect((await health()).status).toBe('ok')
  })

  it('is one alone, of several that are started at the same moment', async () => {
    const own = join(folder, 'twins')
    const file = join(folder, 'twins.json')
    const aside = { api: { port: 0 }, respond: { firewall: 'dry-run' } }
    writeFileSync(file, JSON.stringify({ ...config, ...aside }))
    const args = [packagedFile('dist/main.js'), 'start', '--config', file, '--data-dir', own]
    const twins = [1, 2, 3].map(() => network.hosts.victim.spawn(process.execPath, args))
    const ended = Promise.all(twins.map((twin) => once(twin, 'exit')))
    const left = await until('two have given up', () => {
      const running = twins.filter(({ exitCode }) => exitCode === null)
      return running.length === 1 ? running[0]! : null
    })
    const audit = ['audit', 'list', '--json', '--data-dir', own]
    const rows = async () =>
      (await picket(network.hosts.victim, ...audit)).stdout.match(/"agent\.started"/g)
    await until('the third has started', rows)
    left.kill('SIGTERM')
    await ended
    expect(twins.map(({ exitCode }) => exitCode).sort()).toEqual([0, 1, 1])
    expect(await rows()).toHaveLength(1)
  })

  it('keeps the old configuration on SIGHUP when the new one has a fault', async () => {
    writeFileSync(configFile, stringify({ ...config, policy: { mood: 'block' } }))
    agent.child.kill('SIGHUP')
    await until('the fault is told', () =>
      /policy\.mood is not a known key; did you mean mode\?/.test(agent.output()) ? true : null,
    )
    const path = '/v1/audit?action=config.refused'
    const audited = await until('the refusal is audited', async () => {
      const { items } = (await agent.call('GET', path, token)).body as { items: object[] }
      return items[0] ?? null
    })
    expect(audited).toMatchObject({
      ...{ actor: 'agent', subject: 'agent' },
      details: { reason: expect.stringContaining('policy.mood is not a known key') as string },
    })
    expect((await health()).status).toBe('ok')
  })

  it('goes on with the old configuration when it cannot run with the new one', async () => {
    writeFileSync(configFile, stringify({ capture: { interfaces: ['nosuch0'] } }))
    agent.child.kill('SIGHUP')
    await until('the reason is told', () =>
      /there is no interface .*nosuch0/.test(agent.output()) ? true : null,
    )
    await until('it captures as before', async () => {
      // While it starts again nobody answers.
      const report = (await health()) as Health | null
      const [sensor] = report?.sensors ?? []
      return sensor?.interface === 'eth0' && sensor.state === 'running' ? true : null
    })
  })

  it('lets policy block by itself once it is told to by SIGHUP', async () => {
    const { attacker, victim } = network.hosts
    const rule = { detector: 'port-scan', minSeverity: 5, minConfidence: 0.5, ttlSeconds: 30 }
    writeFileSync(
      configFile,
      stringify({ ...config, policy: { mode: 'block', blockWhen: [rule] } }),
    )
    agent.child.kill('SIGHUP')
    await until('it runs anew', () =>
      agent.output().includes('running with the new configuration') ? true : null,
    )
    await until('it captures', async () => {
      const [sensor] = (await health()).sensors ?? []
      return sensor?.state === 'running' ? true : null
    })
    await attacker.run('nmap', ['-n', '-Pn', '-sF', '-p1-100', victim.address4])
    const event = await until('the event says block', () => firstEvent('verdict=block'))
    expect(event.attacker).toBe(attacker.address4)
    const block = await until('the attacker is blocked', async () => {
      const { body } = await agent.call('GET', '/v1/blocks', token)
      const [first] = (body as { items: components['schemas']['Block'][] }).items
      // It is in the record before it is in the kernel.
      return first && first.state !== 'pending' ? first : null
    })
    expect(block).toMatchObject({
      ...{ target: attacker.address4, state: 'active', source: 'policy', orderedBy: 'port-scan' },
      eventId: event.id,
    })
  })

  it('says to an ordinary user what it cannot do, what it can, and how to get there', async () => {
    const own = join(folder, 'ordinary')
    const args = ['--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all']
    const command = [process.execPath, 'dist/main.js', 'start', '--data-dir', own]
    const outcome = await network.hosts.victim.run('setpriv', [...args, ...command])
    expect(outcome.code).toBe(1)
    expect(outcome.stderr).toMatch(/may not capture packets .* or change the firewall/)
    expect(outcome.stderr).toMatch(/run as root/)
    expect(outcome.stderr).toMatch(/picket replay FILE\.pcap/)
  })

  it('names an interface that went down or away, and says how long it was blind', async () => {
    const link = (...args: string[]) =>
      execFileSync('ip', ['-n', network.hosts.victim.namespace, 'link', ...args])
    const told = (kind: string, words: RegExp) =>
      until(
        `${kind} like ${words}`,
        async () => {
          const event = await firstEvent(`kind=${kind}`)
          return event && words.test(event.summary) ? event : null
        },
        { withinMs: 40_000 },
      )
    link('set', 'eth0', 'down')
    await told('health.interface-down', /^Blind on eth0 since .*: the interface is down/)
    expect((await health()).problems).toEqual(['no capture on eth0: the interface is down'])
    link('set', 'eth0', 'up')
    await told('health.interface-down', /^Blind on eth0 from .* to .*: the interface is down/)
    link('del', 'eth0')
    const gone = /^Blind on eth0 since .*: the interface eth0 is gone; /
    const event = await told('health.sensor-failed', gone)
    expect(event).toMatchObject({ family: 'health', interface: 'eth0' })
    link('add', 'eth0', 'type', 'veth', 'peer', 'name', 'port0')
    link('set', 'eth0', 'up')
    const over = await told('health.sensor-failed', /^Blind on eth0 from .* to .*eth0 is gone; /)
    expect(over.count).toBeGreaterThan(1)
  })

  it('leaves no process behind when it is killed', async () => {
    const sensor = childOf(agent.child.pid!, 'sensor-process')
    const tcpdump = childOf(sensor, 'tcpdump')
    await agent.end('SIGKILL')
    await until('sensor and tcpdump are gone', () => {
      const list = execFileSync('ps', ['-o', 'pid=', '-e'], { encoding: 'utf8' }).split('\n')
      const pids = new Set(list.map(Number))
      return pids.has(sensor) || pids.has(tcpdump) ? null : true
    })
  })

  it('calls itself degraded, not well, when there is no interface to capture on', async () => {
    const { attacker } = network.hosts
    execFileSync('ip', ['-n', attacker.namespace, 'link', 'set', 'eth0', 'down'])
    const own = join(folder, 'blind')
    const blind = await startAgentIn(attacker, own, {})
    try {
      expect(blind.output()).toMatch(/captures +nothing: no interface but loopback is up/)
      const made = await picket(
        attacker,
        ...['token', 'create', '--scopes', 'read', '--json', '--data-dir', own],
      )
      const read = (JSON.parse(made.stdout) as { token: string }).token
      const { body } = await blind.call('GET', '/v1/health', read)
      expect(body).toMatchObject({
        status: 'degraded',
        problems: ['nothing is captured: no interface but loopback is up'],
      })
    } finally {
      await blind.end('SIGKILL')
    }
  })
})
