/** The Debian package in a fresh Debian: what it needs, brings, keeps over an upgrade, and leaves behind. */
import { spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packagedFile } from '../../src/core/files/package-root.ts'
import { until } from '../support/await-until.ts'
import { buildPackage } from '../support/hosts/debian/debian-package.ts'
import { freshDebian, type DebianRoot } from '../support/hosts/debian/debian-root.ts'
import { joinHosts, type TestNetwork } from '../support/hosts/namespace.ts'

const folder = mkdtempSync(join(tmpdir(), 'picket-package-test-'))
const ENABLED = 'etc/systemd/system/multi-user.target.wants/picket.service'
let built: string | undefined
let debian: DebianRoot
let network: TestNetwork<'victim' | 'attacker'>

const build = (...options: string[]): string => buildPackage(folder, ...options)

beforeAll(async () => {
  network = await joinHosts(['victim', 'attacker'])
  debian = freshDebian()
}, 60_000)

afterAll(async () => {
  await network?.remove()
  debian?.remove()
  rmSync(folder, { recursive: true, force: true })
}, 60_000)

async function inside(command: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await debian.run(network.hosts.victim, command, ...args)
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: ${stdout}\n${stderr}`)
  return stdout
}

/** Starts the agent as the unit's command line says, until the work is done. */
async function whileRunning(work: () => Promise<void>): Promise<void> {
  const line = /^ExecStart=(.*)$/m.exec(
    readFileSync(at('lib/systemd/system/picket.service'), 'utf8'),
  )
  const argv = ['chroot', debian.folder, ...line![1]!.split(' ')]
  const stdio = ['ignore' as const, 'pipe' as const, 'inherit' as const]
  const agent: ChildProcess = network.hosts.victim.spawn('env', argv, { stdio })
  const ended = once(agent, 'exit')
  let output = ''
  agent.stdout!.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await until('the agent is ready', () => (output.includes('Picket is running') ? true : null))
  try {
    await work()
  } finally {
    agent.kill('SIGTERM')
    await ended
  }
}

const at = (path: string): string => join(debian.folder, path)

/** The package of the sources as they are, built once. */
const packaged = (): string => (built ??= build())

describe('the package', () => {
  it('is the same, byte for byte, when it is built again', () => {
    const first = readFileSync(packaged())
    expect(readFileSync(build()).equals(first)).toBe(true)
  }, 120_000)

  it('says what it is made of: every npm package that it carries, and Node', () => {
    const bill = JSON.parse(readFileSync(packaged().replace(/\.deb$/, '.cdx.json'), 'utf8')) as {
      components: { name: string; version: string }[]
    }
    const named = new Map(bill.components.map(({ name, version }) => [name, version]))
    expect(named.get('nodejs')).toBe(process.versions.node)
    for (const name of ['better-sqlite3', 'hono', 'cap', 'winston'])
      expect(named.has(name)).toBe(true)
    expect(named.has('vitest')).toBe(false)
  }, 60_000)

  it('refuses options that make no sense, with exit code 2', () => {
    const script = packagedFile('deploy/deb/build.mjs')
    const wrong = spawnSync(process.execPath, [script, '--compression', 'rar'], {
      encoding: 'utf8',
    })
    expect(wrong.status).toBe(2)
    expect(wrong.stderr).toContain('--compression is rar; expected one of xz')
  })
})

describe('in a fresh Debian', () => {
  it('installs with a user of its own, and everything works with the Node it brings', async () => {
    await inside('dpkg', '-i', debian.bring(packaged()))
    expect(await inside('picket', '--version')).toMatch(/^\d+\.\d+\.\d+/)
    expect(await inside('picket', 'doctor')).not.toMatch(/\bmissing\b|\bFAILED\b/)
    expect(await inside('getent', 'passwd', 'picket')).toContain('/usr/sbin/nologin')
    expect(statSync(at('etc/picket/picket.yaml')).mode & 0o777).toBe(0o640)
    expect(statSync(at('var/lib/picket')).mode & 0o777).toBe(0o700)
    // A link to where the unit is inside, so not one that can be followed from here.
    expect(lstatSync(at(ENABLED)).isSymbolicLink()).toBe(true)
    await inside('bash', '-n', '/usr/share/bash-completion/completions/picket')
  }, 60_000)

  it('keeps the configuration, the log and the blocks over an upgrade', async () => {
    const configuration = 'capture:\n  interfaces: [eth0]\nowner:\n  enabled: false\n'
    writeFileSync(at('etc/picket/picket.yaml'), configuration)
    const { attacker } = network.hosts
    await whileRunning(async () => {
      await inside('picket', 'block', attacker.address4, '--ttl', '1h', '--reason', 'package test')
    })
    await inside('dpkg', '-i', debian.bring(build('--version', '99.0.0')))
    expect(await inside('picket', '--version')).toContain('99.0.0')
    expect(readFileSync(at('etc/picket/picket.yaml'), 'utf8')).toBe(configuration)
    expect(await inside('picket', 'blocks')).toContain(attacker.address4)
    const ping = await attacker.run('ping', ['-c1', '-W1', network.hosts.victim.address4])
    expect(ping.code).not.toBe(0)
  }, 90_000)

  it('lets everybody in again when it is removed, and takes its rules with it', async () => {
    const { attacker, victim } = network.hosts
    await inside('dpkg', '--remove', 'picket')
    const ping = await attacker.run('ping', ['-c1', '-W2', victim.address4])
    expect(ping.code).toBe(0)
    expect((await victim.run('iptables', ['-S'])).stdout).not.toContain('PICKET')
    expect((await victim.run('ipset', ['list', '-n'])).stdout).not.toContain('picket')
    expect(existsSync(at('opt/picket'))).toBe(false)
    expect(existsSync(at('var/lib/picket/picket.db'))).toBe(true)
    expect(existsSync(at('etc/picket/picket.yaml'))).toBe(true)
  }, 60_000)

  it('leaves nothing behind when it is purged', async () => {
    await inside('dpkg', '--purge', 'picket')
    for (const path of ['opt/picket', 'etc/picket', 'var/lib/picket', 'usr/bin/picket']) {
      expect(existsSync(at(path)), path).toBe(false)
    }
    const { code } = await debian.run(network.hosts.victim, 'getent', 'passwd', 'picket')
    expect(code).toBe(2)
  }, 60_000)

  it('lets the pauses between failed starts grow where systemd is new enough, until it is purged', async () => {
    const newer = at('tmp/newer')
    mkdirSync(newer)
    const fake = '#!/bin/sh\n[ "$1" = --version ] && echo "systemd 255 (255.4-1ubuntu8)"\nexit 0\n'
    writeFileSync(join(newer, 'systemctl'), fake, { mode: 0o755 })
    const path = 'PATH=/tmp/newer:/usr/sbin:/usr/bin:/sbin:/bin'
    const dropIn = at('etc/systemd/system/picket.service.d/back-off.conf')
    await inside('env', path, 'dpkg', '-i', debian.bring(packaged()))
    expect(readlinkSync(dropIn)).toBe('/opt/picket/deploy/systemd/picket-back-off.conf')
    expect(existsSync(at('opt/picket/deploy/systemd/picket-back-off.conf'))).toBe(true)
    await inside('env', path, 'dpkg', '--purge', 'picket')
    expect(existsSync(dirname(dropIn))).toBe(false)
  }, 60_000)
})
