/** The container image: made by the Containerfile, started once with the two capabilities that it is meant to have. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { packagedFile } from '../../src/core/files/package-root.ts'
import { until } from '../support/await-until.ts'
import { buildPackage } from '../support/hosts/debian/debian-package.ts'
import { joinHosts, type TestNetwork } from '../support/hosts/namespace.ts'

const folder = mkdtempSync(join(tmpdir(), 'picket-container-'))
/** All of it in the test's folder, with a driver and an isolation that ask nothing of the machine. */
const places = ['--root', join(folder, 'root'), '--runroot', join(folder, 'run')]
const store = ['--storage-driver', 'vfs', ...places]
const environment = { ...process.env, BUILDAH_ISOLATION: 'chroot' }
let network: TestNetwork<'host' | 'attacker'>

beforeAll(async () => {
  network = await joinHosts(['host', 'attacker'])
  const packages = join(folder, 'packages')
  mkdirSync(packages)
  buildPackage(packages)
  const base = buildah('from', 'scratch')
  buildah('add', '--quiet', base, inject('debianBase'), '/')
  buildah('commit', '--quiet', '--rm', base, 'localhost/debian:12')
  const file = packagedFile('deploy/container/Containerfile')
  const argv = ['--build-arg', 'BASE=localhost/debian:12', '--file', file, '--tag', 'picket']
  buildah('build', '--quiet', ...argv, packages)
}, 400_000)

afterAll(async () => {
  await network?.remove()
  spawnSync('buildah', [...store, 'rm', '--all'], { env: environment })
  rmSync(folder, { recursive: true, force: true })
}, 60_000)

function buildah(...argv: string[]): string {
  const options = { env: environment, encoding: 'utf8' as const }
  const { status, stdout, stderr } = spawnSync('buildah', [...store, ...argv], options)
  if (status !== 0) throw new Error(`buildah ${argv.join(' ')}: ${stdout.slice(-2000)}\n${stderr}`)
  return stdout.trim()
}

/**
 * As the quadlet runs it: on the host's network, with its two capabilities, data and configuration from outside.
 *
 * `buildah run` drops what it was told to add where it is told to drop all, so setpriv drops the others inside.
 */
function running(container: string, command: readonly string[]): readonly string[] {
  const folders = ['data:/var/lib/picket', 'etc:/etc/picket:ro']
  const volumes = folders.flatMap((volume) => ['--volume', join(folder, volume)])
  const rights = ['--cap-add', 'CAP_NET_RAW,CAP_NET_ADMIN', ...volumes]
  const lesser = ['--bounding-set=-all,+net_raw,+net_admin', '--inh-caps=-all', '--no-new-privs']
  const inside = ['setpriv', ...lesser, ...command]
  return [...store, 'run', '--network', 'host', ...rights, container, '--', ...inside]
}

/** The agent's own process: `buildah run` has some of its own above it, begun by any of its threads. */
function programBelow(pid: number): number {
  const below = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim().split(' '),
  )
  const [child] = below.filter((text) => text !== '').map(Number)
  if (child === undefined) throw new Error('no process of the agent')
  const isAgent = readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('/opt/picket/')
  return isAgent ? child : programBelow(child)
}

describe('the image', () => {
  it('captures and passes the self-test with two capabilities alone, and sees a scan', async () => {
    const { host, attacker } = network.hosts
    for (const name of ['data', 'etc']) mkdirSync(join(folder, name))
    writeFileSync(join(folder, 'etc/picket.yaml'), 'capture:\n  interfaces: [eth0]\n')
    const image = JSON.parse(buildah('inspect', '--type', 'image', 'picket')) as {
      OCIv1: { config: { Entrypoint: string[]; Cmd: string[] } }
    }
    const { Entrypoint, Cmd } = image.OCIv1.config
    const container = buildah('from', 'picket')
    const argv = running(container, [...Entrypoint, ...Cmd])
    const agent = host.spawn('buildah', [...argv], { env: environment })
    let output = ''
    agent.stdout!.on('data', (chunk: Buffer) => (output += chunk.toString()))
    agent.stderr!.on('data', (chunk: Buffer) => (output += chunk.toString()))
    await until('it runs', () => {
      if (agent.exitCode !== null) throw new Error(`the container ended: ${output}`)
      return output.includes('Picket is running') ? true : null
    })
    expect(output).toContain('captures   eth0 (cap)')
    const { pid } = agent
    const entered = ['--target', String(programBelow(pid!)), '--mount', '--root', '--wd=/']
    const inside = (...command: string[]) =>
      host.run('nsenter', [...entered, '/usr/bin/picket', ...command])
    const tested = await inside('selftest')
    expect(tested.code, tested.stdout + tested.stderr).toBe(0)
    await attacker.run('nmap', ['-n', '-Pn', '-sS', '-p1-200', host.address4])
    const events = await until('the scan is told', async () => {
      const { stdout } = await inside('events', '--kind', 'scan', '--json')
      return stdout.includes(`"attacker":"${attacker.address4}"`) ? stdout : null
    })
    expect(events).toContain('"kind":"scan.vertical.syn"')
  }, 120_000)
})
