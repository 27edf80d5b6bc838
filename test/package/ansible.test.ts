/** The Ansible collection: its linters, and a rollout to three hosts that are folders with a fresh Debian. */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { packagedFile } from '../../src/core/package-root.ts'
import { buildPackage } from '../support/debian-package.ts'
import { freshDebian, type DebianRoot } from '../support/debian-root.ts'
import { joinHosts, type TestNetwork } from '../support/namespace.ts'

const collection = packagedFile('deploy/ansible')
const folder = mkdtempSync(join(tmpdir(), 'picket-ansible-'))
const inventory = join(folder, 'inventory.yml')
let network: TestNetwork<'site'>
let hosts: readonly DebianRoot[] = []

const environment = {
  ...process.env,
  ANSIBLE_COLLECTIONS_PATHS: `${folder}:/usr/lib/python3/dist-packages`,
  ANSIBLE_HOME: folder,
  ANSIBLE_NOCOLOR: '1',
  LC_ALL: 'C.UTF-8',
}

beforeAll(async () => {
  network = await joinHosts(['site'])
  hosts = [freshDebian(), freshDebian(), freshDebian()]
  galaxy('build', collection, '--output-path', folder)
  const built = join(folder, `picket-agent-${versionOf('galaxy.yml')}.tar.gz`)
  galaxy('install', built, '-p', folder, '--offline')
  const vars = {
    ansible_connection: 'community.general.chroot',
    ansible_python_interpreter: '/usr/bin/python3',
    picket_package: buildPackage(folder),
    picket_manage_service: false,
    picket_allowlist: ['10.0.0.0/24'],
    picket_config: { capture: { interfaces: ['lo'] } },
  }
  const named = Object.fromEntries(hosts.map((host) => [host.folder, null]))
  writeFileSync(inventory, stringify({ all: { vars, hosts: named } }))
}, 240_000)

afterAll(async () => {
  await network?.remove()
  for (const host of hosts) host.remove()
  rmSync(folder, { recursive: true, force: true })
}, 60_000)

function galaxy(...args: string[]): void {
  const argv = ['collection', ...args]
  const { status, stderr } = spawnSync('ansible-galaxy', argv, {
    env: environment,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
}

function versionOf(file: string): string {
  return /^version: (\S+)$/m.exec(readFileSync(join(collection, file), 'utf8'))![1]!
}

interface Played {
  readonly code: number | null
  readonly output: string
  /** Tasks that changed something, for each host that was reached. */
  readonly changed: readonly number[]
}

/** Runs a playbook inside the test's own network. */
async function play(name: string, extra: object = {}): Promise<Played> {
  const argv = ['ansible-playbook', '-i', inventory, `picket.agent.${name}`]
  const inside = ['netns', 'exec', network.hosts.site.namespace, ...argv]
  const child = spawn('ip', [...inside, '-e', JSON.stringify(extra)], { env: environment })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  const changed = [...output.matchAll(/ok=\d+ +changed=(\d+)/g)].map(([, count]) => Number(count))
  return { code, output, changed }
}

const everywhere = { picket_waves: [3] }

describe('the collection', () => {
  it('passes ansible-lint with the profile for production, and yamllint', () => {
    const lint = spawnSync('ansible-lint', ['--offline', '--nocolor'], {
      ...{ cwd: collection, env: environment, encoding: 'utf8' as const },
    })
    expect(lint.status, lint.stdout + lint.stderr).toBe(0)
    const yaml = spawnSync('yamllint', ['.'], { cwd: collection, encoding: 'utf8' })
    expect(yaml.status, yaml.stdout).toBe(0)
  }, 120_000)
})

describe('a rollout', () => {
  it('refuses to begin without a package', async () => {
    const { code, output } = await play('rollout', { ...everywhere, picket_package: '' })
    expect(code).not.toBe(0)
    expect(output).toContain('picket_package is empty')
  }, 120_000)

  it('installs and configures every host', async () => {
    const { code, output, changed } = await play('rollout', everywhere)
    expect(code, output).toBe(0)
    expect(changed).toHaveLength(3)
    for (const { folder: host } of hosts) {
      const configuration = readFileSync(join(host, 'etc/picket/picket.yaml'), 'utf8')
      expect(configuration).toContain('10.0.0.0/24')
      expect(existsSync(join(host, 'opt/picket/bin/node'))).toBe(true)
    }
  }, 180_000)

  it('changes nothing when it runs again', async () => {
    expect((await play('rollout', everywhere)).changed).toEqual([0, 0, 0])
  }, 120_000)

  it('stops at the first wave when a host is not in order, and leaves its configuration as it was', async () => {
    const wrong = { picket_config: { capture: { drivr: 'cap' } } }
    const { code, output, changed } = await play('rollout', wrong)
    expect(code).not.toBe(0)
    expect(output).toContain('capture.drivr is not a known key; did you mean driver?')
    expect(output).toContain('it was rolled back, and the rollout ends here')
    expect(changed).toHaveLength(1)
    for (const { folder: host } of hosts) {
      expect(readFileSync(join(host, 'etc/picket/picket.yaml'), 'utf8')).toContain('10.0.0.0/24')
    }
  }, 120_000)

  it('is undone without a trace', async () => {
    const { code, output } = await play('uninstall', { picket_keep_data: false })
    expect(code, output).toBe(0)
    for (const { folder: host } of hosts) {
      for (const path of ['opt/picket', 'etc/picket', 'var/lib/picket', 'var/cache/picket']) {
        expect(existsSync(join(host, path)), path).toBe(false)
      }
    }
  }, 120_000)
})
