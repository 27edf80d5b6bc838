/** The command line of the systemd unit, with the user and the rights it names, on a real link. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packagedFile } from '../../../src/core/files/package-root.ts'
import type { Event } from '../../../src/record/event.ts'
import { until } from '../../support/await-until.ts'
import { joinHosts, type TestNetwork } from '../../support/hosts/namespace.ts'
import { picket } from '../../support/running-agent.ts'

/** CAP_NET_ADMIN (12) and CAP_NET_RAW (13) of linux/capability.h. */
const ONLY_NETWORK_RIGHTS = '0000000000003000'
const ONLY_CAPTURE = '0000000000002000'
const folder = mkdtempSync(join(tmpdir(), 'picket-unit-'))
const data = join(folder, 'data')
let network: TestNetwork<'victim' | 'attacker'>
let agent: ChildProcess
let output = ''

beforeAll(async () => {
  network = await joinHosts(['victim', 'attacker'])
  chmodSync(folder, 0o755)
  mkdirSync(data, { mode: 0o700 })
  const config = join(folder, 'picket.yaml')
  writeFileSync(config, 'capture:\n  interfaces: [eth0]\n', { mode: 0o644 })
  const launcher = packagedFile('test/support/hosts/run-as-unit.mjs')
  const args = [launcher, packagedFile('deploy/systemd/picket.service'), config, data]
  const stdio = ['ignore' as const, 'pipe' as const, 'pipe' as const]
  agent = network.hosts.victim.spawn(process.execPath, args, { stdio })
  const keep = (chunk: Buffer) => (output += chunk.toString())
  agent.stdout!.on('data', keep)
  agent.stderr!.on('data', keep)
  await until('the agent is ready', () => {
    if (agent.exitCode !== null) throw new Error(`the agent ended: ${output}`)
    return output.includes('Picket is running') ? true : null
  })
})

afterAll(async () => {
  await network?.remove()
  rmSync(folder, { recursive: true, force: true })
})

/** Runs the command line as the host's administrator does, beside the running agent. */
async function command(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await picket(
    network.hosts.victim,
    ...[...args, '--data-dir', data],
  )
  if (code !== 0) throw new Error(stderr)
  return stdout
}

describe('the systemd unit', () => {
  it('starts the agent as an ordinary user with two capabilities and no more', () => {
    const pid = /main PID (\d+)/.exec(output)?.[1]
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    expect(status).toMatch(/^Uid:\t65534\t65534\t65534\t65534$/m)
    for (const set of ['CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) {
      expect(status).toMatch(new RegExp(`^${set}:\\t${ONLY_NETWORK_RIGHTS}$`, 'm'))
    }
    expect(status).toMatch(/^NoNewPrivs:\t1$/m)
  })

  it('gives the sensor, which parses packets, the right to capture alone', () => {
    const pid = /main PID (\d+)/.exec(output)?.[1]
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
    const sensor = children.find((child) =>
      readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('sensor-process'),
    )
    const status = readFileSync(`/proc/${sensor}/status`, 'utf8')
    for (const set of ['CapPrm', 'CapEff', 'CapAmb']) {
      expect(status).toMatch(new RegExp(`^${set}:\t${ONLY_CAPTURE}$`, 'm'))
    }
  })

  it('captures: a port scan is seen', async () => {
    expect(output).toContain('eth0 (tcpdump)')
    const { attacker, victim } = network.hosts
    await attacker.run('nmap', ['-n', '-Pn', '-sS', '-p1-200', victim.address4])
    const event = await until('the scan is recorded', async () => {
      const lines = (await command('events', '--json')).split('\n').filter(Boolean)
      const events = lines.map((line) => JSON.parse(line) as Event)
      return events.find(({ kind }) => kind === 'scan.vertical.syn') ?? null
    })
    expect(event.attacker).toBe(attacker.address4)
  })

  it('blocks and lifts, for IPv4 and IPv6', async () => {
    const { attacker, victim } = network.hosts
    const pings = async (target: string) =>
      (
        await attacker.run('nmap', [
          '-n',
          '-sn',
          '-PE',
          '--disable-arp-ping',
          target,
          ...six(target),
        ])
      ).stdout
    for (const address of [attacker.address4, attacker.address6]) {
      await command('block', address, '--reason', 'test')
    }
    for (const address of [victim.address4, victim.address6]) {
      expect(await pings(address)).toContain('0 hosts up')
    }
    await command('unblock', '--all')
    for (const address of [victim.address4, victim.address6]) {
      expect(await pings(address)).toContain('1 host up')
    }
  })

  it('ends cleanly on SIGTERM', async () => {
    const ended = once(agent, 'exit') as Promise<[number | null]>
    agent.kill('SIGTERM')
    expect((await ended)[0]).toBe(0)
  })
})

const six = (target: string) => (target.includes(':') ? ['-6'] : [])
