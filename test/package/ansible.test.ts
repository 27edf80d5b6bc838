/** The Ansible collection: its linters, and a rollout to three hosts that are folders with a fresh Debian. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import {
  COLLECTION,
  controllerIn,
  type Controller,
  type Played,
} from '../support/hosts/debian/ansible.ts'
import { buildPackage } from '../support/hosts/debian/debian-package.ts'
import { freshDebian, type DebianRoot } from '../support/hosts/debian/debian-root.ts'
import { joinHosts, type TestNetwork } from '../support/hosts/namespace.ts'

const folder = mkdtempSync(join(tmpdir(), 'picket-ansible-'))
const inventory = join(folder, 'inventory.yml')
let network: TestNetwork<'site'>
let controller: Controller
let hosts: readonly DebianRoot[] = []

beforeAll(async () => {
  network = await joinHosts(['site'])
  hosts = [freshDebian(), freshDebian(), freshDebian()]
  controller = controllerIn(folder, inventory)
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

/** Runs a playbook inside the test's own network. */
const play = (name: string, variables: object = {}): Promise<Played> =>
  controller.play(name, {
    variables,
    before: ['ip', 'netns', 'exec', network.hosts.site.namespace],
  })

const everywhere = { picket_waves: [3] }

describe('the collection', () => {
  it('passes ansible-lint with the profile for production, and yamllint', () => {
    const lint = spawnSync('ansible-lint', ['--offline', '--nocolor'], {
      ...{ cwd: COLLECTION, env: controller.environment, encoding: 'utf8' as const },
    })
    expect(lint.status, lint.stdout + lint.stderr).toBe(0)
    const yaml = spawnSync('yamllint', ['.'], { cwd: COLLECTION, encoding: 'utf8' })
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
    expect(output).toContain('the wave was rolled back, and the rollout ends here')
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
