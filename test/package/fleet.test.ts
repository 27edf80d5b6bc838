/** Three booted hosts with systemd: the unit as systemd runs it, and a rollout gated by health and the self-test. */
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { controllerIn, type Controller, type Played } from '../support/hosts/debian/ansible.ts'
import { until } from '../support/await-until.ts'
import { bootDebian, type BootedDebian } from '../support/hosts/debian/booted-debian.ts'
import { buildPackage } from '../support/hosts/debian/debian-package.ts'
import { writeLabelledCaptures } from '../support/captures/labelled-captures.ts'
import { joinHosts, type TestNetwork } from '../support/hosts/namespace.ts'

const NAMES = ['one', 'two', 'three'] as const
type Name = (typeof NAMES)[number]
const folder = mkdtempSync(join(tmpdir(), 'picket-fleet-'))
const inventory = join(folder, 'inventory.yml')
const tokens = join(folder, 'tokens')
let network: TestNetwork<Name>
let hosts: Record<Name, BootedDebian>
let controller: Controller
let picket_package: string

const config = {
  capture: { interfaces: ['eth0'] },
  owner: { enabled: false },
  forward: { sinks: [{ name: 'file', type: 'file', path: '/var/lib/picket/events.ndjson' }] },
}

beforeAll(async () => {
  network = await joinHosts(NAMES)
  const booted = await Promise.all(NAMES.map((name) => bootDebian(network.hosts[name])))
  hosts = Object.fromEntries(NAMES.map((name, index) => [name, booted[index]!])) as typeof hosts
  controller = controllerIn(folder, inventory)
  picket_package = buildPackage(folder)
  const named = NAMES.map((name) => {
    const { folder: ansible_host, enter: ansible_chroot_exe } = hosts[name]
    return [name, { ansible_host, ansible_chroot_exe }] as const
  })
  const vars = {
    ansible_connection: 'community.general.chroot',
    ansible_python_interpreter: '/usr/bin/python3',
    picket_package,
    picket_config: config,
    picket_files: [{ name: 'siem-ca.pem', content: 'as it was' }],
    picket_waves: [1, 2],
    picket_tls: 'ca',
    picket_ca_certificate: join(folder, 'ca.pem'),
    picket_ca_key: join(folder, 'ca-key.pem'),
    picket_tokens: [{ name: 'siem', scopes: ['read'], expires: '90d' }],
    picket_tokens_into: tokens,
  }
  writeFileSync(inventory, stringify({ all: { vars, hosts: Object.fromEntries(named) } }))
  makeAuthority()
}, 400_000)

afterAll(async () => {
  for (const host of Object.values(hosts ?? {})) await host.stop()
  await network?.remove()
  rmSync(folder, { recursive: true, force: true })
}, 60_000)

function makeAuthority(): void {
  const files = ['-keyout', join(folder, 'ca-key.pem'), '-out', join(folder, 'ca.pem')]
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const argv = ['req', '-x509', ...key, ...files, '-days', '2', '-subj', '/CN=Test CA']
  expect(spawnSync('openssl', argv).status).toBe(0)
}

const play = (name: string, variables: object = {}, ...given: string[]): Promise<Played> =>
  controller.play(name, { variables, arguments: given })

async function on(name: Name, command: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await hosts[name].run(command, ...args)
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} on ${name}: ${stdout}${stderr}`)
  return stdout
}

const property = async (name: Name, what: string): Promise<string> =>
  (await on(name, 'systemctl', 'show', 'picket', '--value', `--property=${what}`)).trim()

const tokenOf = (name: Name): Record<'id' | 'token', string> =>
  JSON.parse(readFileSync(join(tokens, name, 'siem.json'), 'utf8')) as Record<
    'id' | 'token',
    string
  >

/** Calls the host's API over TLS, believing the test's authority alone. */
async function status(name: Name, token: string): Promise<string> {
  const url = `https://${name}:8460/v1/sinks`
  const { stdout } = await network.hosts[name].run('curl', [
    ...['-s', '-o', '/dev/null', '-w', '%{http_code}', '--cacert', join(folder, 'ca.pem')],
    ...['--resolve', `${name}:8460:127.0.0.1`, '-H', `Authorization: Bearer ${token}`, url],
  ])
  return stdout
}

describe('a rollout to hosts that run systemd', () => {
  it('goes by waves, each gated by health and by a self-test', async () => {
    const { code, output, changed } = await play('rollout')
    expect(code, output).toBe(0)
    expect(changed).toHaveLength(3)
    expect(output.match(/PLAY \[Roll Picket out in waves\]/g)).toHaveLength(2)
    expect(output.match(/TASK \[\S+ : Prove by a self-test/g)).toHaveLength(2)
    for (const name of NAMES) {
      expect(await property(name, 'StatusText')).toBe('captures on eth0')
      const seen = await on(name, 'picket', 'events', '--json')
      expect(seen).toContain('"selfTest"')
    }
  }, 600_000)

  it('gives each host a certificate of the authority and a token that works with it', async () => {
    for (const name of NAMES) {
      expect(statSync(join(tokens, name, 'siem.json')).mode & 0o777).toBe(0o600)
      expect(await status(name, tokenOf(name).token)).toBe('200')
    }
    expect(await on('one', 'stat', '-c', '%U %G %a', '/etc/picket/api-key.pem')).toBe(
      'root picket 640\n',
    )
  }, 60_000)

  it('changes nothing when it runs again, and finds nothing to change when it only looks', async () => {
    const again = await play('rollout')
    expect(again.changed, again.output).toEqual([0, 0, 0])
    const looked = await play('rollout', {}, '--check', '--diff')
    expect(looked.changed, looked.output).toEqual([0, 0, 0])
  }, 600_000)

  it('is halted and rolled back by a host that fails the self-test, healthy as it is', async () => {
    const blind = { ...config, detect: { portScan: { enabled: false } } }
    const { code, output, changed } = await play('configure', {
      picket_config: blind,
      picket_files: [{ name: 'siem-ca.pem', content: 'of another authority' }],
    })
    expect(code, output).not.toBe(0)
    expect(output).toContain('the wave was rolled back, and the rollout ends here')
    expect(output).toContain('is detect.portScan enabled?')
    expect(changed).toHaveLength(1)
    expect(await on('one', 'cat', '/etc/picket/picket.yaml')).not.toContain('portScan')
    expect(await on('one', 'cat', '/etc/picket/siem-ca.pem')).toBe('as it was')
    await on('one', 'picket', 'selftest')
    expect(await on('two', 'cat', '/etc/picket/picket.yaml')).not.toContain('portScan')
  }, 300_000)

  it('is halted by a configuration that is valid but cannot be run with', async () => {
    const elsewhere = { ...config, capture: { interfaces: ['nosuch0'] } }
    const { code, output } = await play('configure', { picket_config: elsewhere })
    expect(code, output).not.toBe(0)
    expect(output).toContain('the wave was rolled back')
    await until('it runs as before', async () =>
      (await property('one', 'StatusText')) === 'captures on eth0' ? true : null,
    )
  }, 300_000)

  it('makes tokens anew, and withdraws the old ones', async () => {
    const before = tokenOf('one').token
    const { code, output } = await play('rotate_tokens')
    expect(code, output).toBe(0)
    const after = tokenOf('one').token
    expect(after).not.toBe(before)
    expect(await status('one', before)).toBe('401')
    expect(await status('one', after)).toBe('200')
  }, 300_000)

  it('trains a model on one host, and has it in force on every one', async () => {
    const captures = join(hosts.one.folder, 'srv/captures')
    mkdirSync(captures)
    // The command validates in five folds, each without a capture of its own.
    writeLabelledCaptures(captures, 5)
    const given = { picket_truth: '/srv/captures/truth.json', picket_captures: '/srv/captures' }
    const model = { picket_trainer: 'one', picket_trees: 20, picket_model: join(folder, 'rf.json') }
    const { code, output } = await play('train', { ...given, ...model })
    expect(code, output).toBe(0)
    expect(output).toContain('falsePerThousand')
    const trained = readFileSync(join(folder, 'rf.json'), 'utf8')
    for (const name of NAMES) {
      expect(await on(name, 'cat', '/etc/picket/random-forest.json')).toBe(trained)
      expect(await on(name, 'picket', 'config', 'print')).toContain(
        '/etc/picket/random-forest.json',
      )
      expect(await property(name, 'StatusText')).toBe('captures on eth0')
    }
  }, 300_000)
})

describe('an upgrade of the fleet', () => {
  const TARGET = '203.0.113.9'
  const newer = (): object => ({
    picket_package: buildPackage(folder, '--version', '99.0.0'),
    picket_model: join(folder, 'rf.json'),
  })
  const everywhere = (...command: [string, ...string[]]): Promise<string[]> =>
    Promise.all(NAMES.map((name) => on(name, ...command)))

  it('keeps an address out of every host by one order', async () => {
    const { code, output, changed } = await play('block', {
      ...{ picket_target: TARGET, picket_reason: 'a test', picket_ttl: '1h' },
    })
    expect(code, output).toBe(0)
    expect(changed).toEqual([1, 1, 1])
    for (const blocks of await everywhere('picket', 'blocks')) expect(blocks).toContain(TARGET)
  }, 60_000)

  it('takes the old version again where the new one fails its gate, and goes no further', async () => {
    const blind = { ...config, detect: { portScan: { enabled: false } } }
    const { code, output, changed } = await play('rollout', { ...newer(), picket_config: blind })
    expect(code, output).not.toBe(0)
    expect(output).toContain('the wave was rolled back, and the rollout ends here')
    expect(output).toContain('is detect.portScan enabled?')
    expect(changed).toHaveLength(1)
    for (const version of await everywhere('picket', '--version')) {
      expect(version).not.toContain('99.0.0')
    }
    await on('one', 'picket', 'selftest')
  }, 300_000)

  it('reaches every host, and keeps log, blocks and configuration', async () => {
    const events = await everywhere('picket', 'events', '--json')
    const before = await everywhere('cat', '/etc/picket/picket.yaml')
    const { code, output } = await play('rollout', newer())
    expect(code, output).toBe(0)
    for (const version of await everywhere('picket', '--version')) expect(version).toContain('99')
    for (const blocks of await everywhere('picket', 'blocks')) expect(blocks).toContain(TARGET)
    const after = await everywhere('picket', 'events', '--json')
    events.forEach((text, index) => {
      const { id } = JSON.parse(text.split('\n').at(-2)!) as { id: string }
      expect(after[index]).toContain(id)
    })
    expect(await everywhere('cat', '/etc/picket/picket.yaml')).toEqual(before)
  }, 600_000)

  it('lets the address in again everywhere', async () => {
    const { code, output } = await play('unblock', { picket_target: TARGET })
    expect(code, output).toBe(0)
    for (const sets of await everywhere('ipset', 'list')) expect(sets).not.toContain(TARGET)
  }, 60_000)
})

describe('the unit, as systemd runs it', () => {
  it('gives the agent and its sensor the rights they need, and no others', async () => {
    const pid = await property('one', 'MainPID')
    const rights = async (process: string): Promise<string> =>
      /^CapEff:\s*(\S+)$/m.exec(await on('one', 'cat', `/proc/${process}/status`))![1]!
    expect(await rights(pid)).toBe('0000000000003000')
    const children = await on('one', 'cat', `/proc/${pid}/task/${pid}/children`)
    expect(await rights(children.trim().split(' ')[0]!)).toBe('0000000000002000')
  })

  it('loads the configuration again on reload, in the same process', async () => {
    const pid = await property('two', 'MainPID')
    await on('two', 'systemctl', 'reload', 'picket')
    await until('it is active again', async () =>
      (await property('two', 'ActiveState')) === 'active' ? true : null,
    )
    expect(await property('two', 'MainPID')).toBe(pid)
  })

  it('tells journald how grave a line is, such as that somebody changed the firewall', async () => {
    await on('two', 'iptables', '--flush')
    const warned = await until('journald has the warning', async () => {
      const warnings = ['--unit=picket', '--priority=warning', '--output=cat', '--no-pager']
      const said = await on('two', 'journalctl', ...warnings)
      return said.includes('firewall') ? said : null
    })
    expect(warned).toMatch(/^The firewall was put right/m)
  })

  it('begins an agent anew that was killed, and one that gives no sign of life', async () => {
    const killed = await property('two', 'MainPID')
    await on('two', 'systemctl', 'kill', '--signal=KILL', '--kill-who=main', 'picket')
    await until('another runs', () => anotherThan('two', killed), { withinMs: 60_000 })
    const dropIns = '/etc/systemd/system/picket.service.d'
    await on('three', 'mkdir', '-p', dropIns)
    writeFileSync(join(hosts.three.folder, dropIns, 'w.conf'), '[Service]\nWatchdogSec=5\n')
    await on('three', 'systemctl', 'daemon-reload')
    await on('three', 'systemctl', 'restart', 'picket')
    const hanging = await property('three', 'MainPID')
    await on('three', 'systemctl', 'kill', '--signal=STOP', '--kill-who=main', 'picket')
    await until('another runs', () => anotherThan('three', hanging), { withinMs: 60_000 })
    expect(await on('three', 'journalctl', '-u', 'picket', '--no-pager')).toContain('watchdog')
  }, 150_000)

  it('is undone without a trace', async () => {
    const { code, output } = await play('uninstall', { picket_keep_data: false })
    expect(code, output).toBe(0)
    for (const name of NAMES) {
      for (const path of ['opt/picket', 'etc/picket', 'var/lib/picket', 'var/cache/picket']) {
        expect(existsSync(join(hosts[name].folder, path)), path).toBe(false)
      }
    }
  }, 120_000)
})

/** True once a process other than `before` is ready. */
async function anotherThan(name: Name, before: string): Promise<true | null> {
  const [pid, state] = [await property(name, 'MainPID'), await property(name, 'ActiveState')]
  return state === 'active' && pid !== '0' && pid !== before ? true : null
}
