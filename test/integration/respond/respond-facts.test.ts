/** What the guards find out about a real host: its addresses, gateways, and who is logged in over SSH. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync } from 'node:fs'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { packagedFile } from '../../../src/core/files/package-root.ts'
import type { HostFacts } from '../../../src/respond/guards/host-facts.ts'
import { until } from '../../support/await-until.ts'
import { joinHosts, type TestHost, type TestNetwork } from '../../support/hosts/namespace.ts'
import { holdTcp } from '../../support/hosts/tcp-probe.ts'

const SSH_PORT = 2222

let network: TestNetwork<'administrator' | 'host' | 'guesser'>
let directory: string

beforeAll(async () => {
  network = await joinHosts(['administrator', 'host', 'guesser'])
  directory = await mkdtemp(join(tmpdir(), 'picket-facts-'))
  for (const name of ['host-key', 'login-key']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(directory, name)])
  }
  await copyFile(join(directory, 'login-key.pub'), join(directory, 'authorized'))
})

afterAll(async () => {
  await network.remove()
  await rm(directory, { recursive: true })
})

/** Calls a function of the built module inside the host: /proc/net shows a process its own namespace. */
async function askInside<Answer>(host: TestHost, module: string, name: string): Promise<Answer> {
  const path = packagedFile(`dist/respond/guards/${module}`)
  const script = `import(${JSON.stringify(path)}).then(async (module) =>
    console.log(JSON.stringify(await module.${name}())))`
  const outcome = await host.run(process.execPath, ['-e', script])
  expect(outcome.code, outcome.stderr).toBe(0)
  return JSON.parse(outcome.stdout) as Answer
}

async function startSshd(host: TestHost): Promise<void> {
  if (!existsSync('/run/sshd')) mkdirSync('/run/sshd', { mode: 0o755 })
  const options = {
    Port: SSH_PORT,
    HostKey: join(directory, 'host-key'),
    AuthorizedKeysFile: join(directory, 'authorized'),
    PidFile: 'none',
    UsePAM: 'no',
    StrictModes: 'no',
    PermitRootLogin: 'prohibit-password',
  }
  const args = Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`])
  const sshd = host.spawn('/usr/sbin/sshd', ['-D', '-e', '-f', '/dev/null', ...args])
  await until('sshd listens', async () =>
    (await host.run('ss', ['-Hltn', `sport = :${SSH_PORT}`])).stdout === '' ? null : true,
  )
  expect(sshd.exitCode).toBeNull()
}

test('its own addresses, broadcast addresses and gateways are found, also on a link that is down', async () => {
  const { host } = network.hosts
  for (const args of [
    ['link', 'add', 'eth1', 'type', 'veth', 'peer', 'name', 'eth2'],
    ['addr', 'add', '192.0.2.129/25', 'dev', 'eth1'],
    ['route', 'add', 'default', 'via', '10.77.0.200'],
    ['-6', 'route', 'add', 'default', 'via', 'fd00:77::200'],
  ]) {
    expect((await host.run('ip', args)).stderr).toBe('')
  }
  const facts = await askInside<HostFacts>(host, 'host-facts.js', 'readHostFacts')
  expect(facts.ownAddresses).toEqual(
    expect.arrayContaining([
      host.address4,
      host.address6,
      '127.0.0.1',
      '::1',
      '10.77.0.255',
      '192.0.2.129',
    ]),
  )
  expect(facts.gateways).toEqual(['10.77.0.200', 'fd00:77::200'])
})

test.each(['address4', 'address6'] as const)(
  'who is logged in over SSH is found, who only knocks is not (%s)',
  async (address) => {
    const { administrator, host, guesser } = network.hosts
    if (address === 'address4') await startSshd(host)
    const knocking = await holdTcp(guesser, host[address], SSH_PORT)
    const session = administrator.spawn('ssh', [
      ...['-F', '/dev/null', '-T', '-p', String(SSH_PORT), '-i', join(directory, 'login-key')],
      ...[
        '-o',
        'StrictHostKeyChecking=no',
        '-o',
        'UserKnownHostsFile=/dev/null',
        '-o',
        'LogLevel=ERROR',
      ],
      ...[`root@${host[address]}`, 'echo in; exec sleep 60'],
    ])
    const [greeting] = (await once(session.stdout!, 'data')) as [Buffer]
    expect(greeting.toString()).toBe('in\n')
    const found = (): Promise<string[]> =>
      askInside(host, 'administrators.js', 'readAdministrators')
    expect(await found()).toEqual([administrator[address]])
    session.kill('SIGKILL')
    await until('the session is over', async () => ((await found()).length === 0 ? true : null))
    knocking.close()
  },
)
