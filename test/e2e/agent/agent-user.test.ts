/** An agent that root starts without systemd, on a host that has the user `picket`. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packagedFile } from '../../../src/core/files/package-root.ts'
import { until } from '../../support/await-until.ts'
import { joinHosts, type TestNetwork } from '../../support/hosts/namespace.ts'

/** Nobody on this machine has it. */
const UID = 64_123
const folder = mkdtempSync(join(tmpdir(), 'picket-user-'))
const data = join(folder, 'data')
const users = join(folder, 'passwd')
let network: TestNetwork<'victim'>
let agent: ChildProcess
let output = ''

beforeAll(async () => {
  network = await joinHosts(['victim'])
  chmodSync(folder, 0o755)
  const config = join(folder, 'picket.yaml')
  writeFileSync(config, 'capture:\n  interfaces: [eth0]\n', { mode: 0o644 })
  const line = `picket:x:${UID}:${UID}::/nonexistent:/usr/sbin/nologin\n`
  writeFileSync(users, readFileSync('/etc/passwd', 'utf8') + line, { mode: 0o644 })
  // The table of users is another one in the mount namespace that `ip netns exec` makes, and nowhere else.
  const start = 'mount --bind "$0" /etc/passwd && exec "$@"'
  const program = [process.execPath, packagedFile('dist/main.js'), 'start']
  const args = ['-c', start, users, ...program, '--config', config, '--data-dir', data]
  agent = network.hosts.victim.spawn('sh', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  agent.stdout!.on('data', (chunk: Buffer) => (output += chunk.toString()))
  agent.stderr!.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await until('the agent is ready', () => {
    if (agent.exitCode !== null) throw new Error(`the agent ended: ${output}`)
    return output.includes('Picket is running') ? true : null
  })
})

afterAll(async () => {
  await network?.remove()
  rmSync(folder, { recursive: true, force: true })
})

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)

const status = (pid: number): string => readFileSync(`/proc/${pid}/status`, 'utf8')

describe('an agent that root starts', () => {
  it('runs as the user picket, with the two rights over the network and no way to more', () => {
    const [pid] = childrenOf(agent.pid!)
    const said = status(pid!)
    expect(said).toMatch(new RegExp(`^Uid:\t${UID}\t${UID}\t${UID}\t${UID}$`, 'm'))
    expect(said).toMatch(/^Groups:\s*$/m)
    for (const set of ['CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) {
      expect(said).toMatch(new RegExp(`^${set}:\t0000000000003000$`, 'm'))
    }
    expect(said).toMatch(/^NoNewPrivs:\t1$/m)
  })

  it('captures by a sensor that has the right to capture alone', () => {
    expect(output).toContain('eth0 (tcpdump)')
    const [pid] = childrenOf(agent.pid!)
    const sensor = childrenOf(pid!).find((child) =>
      readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('sensor-process'),
    )
    expect(status(sensor!)).toMatch(/^CapEff:\t0000000000002000$/m)
  })

  it('has made its folder for itself, and root can speak to it', async () => {
    expect(statSync(data)).toMatchObject({ uid: UID, gid: UID })
    const args = [packagedFile('dist/main.js'), 'block', '192.0.2.99', '--reason', 'test']
    const { victim } = network.hosts
    const { code, stderr } = await victim.run(process.execPath, [...args, '--data-dir', data])
    expect(code, stderr).toBe(0)
    expect((await victim.run('ipset', ['list'])).stdout).toContain('192.0.2.99')
  })

  it('ends with everything written when root ends it', async () => {
    const ended = once(agent, 'exit') as Promise<[number | null]>
    agent.kill('SIGTERM')
    expect((await ended)[0]).toBe(0)
  })
})
