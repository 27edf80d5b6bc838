/** The collection built and installed beside a test, and its playbooks run. */
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packagedFile } from '../../../../src/core/files/package-root.ts'

export const COLLECTION = packagedFile('deploy/ansible')

export interface Played {
  readonly code: number | null
  readonly output: string
  /** Tasks that changed something, for each host that was reached. */
  readonly changed: readonly number[]
}

export interface Controller {
  readonly environment: NodeJS.ProcessEnv
  /** Runs a playbook of the collection; `before` is the command that leads into a network. */
  play(name: string, options?: PlayOptions): Promise<Played>
}

export interface PlayOptions {
  readonly variables?: object
  readonly arguments?: readonly string[]
  readonly before?: readonly string[]
}

/** Builds and installs the collection into `folder`. */
export function controllerIn(folder: string, inventory: string): Controller {
  const environment = {
    ...process.env,
    ANSIBLE_COLLECTIONS_PATHS: `${folder}:/usr/lib/python3/dist-packages`,
    ANSIBLE_HOME: folder,
    ANSIBLE_NOCOLOR: '1',
    LC_ALL: 'C.UTF-8',
  }
  const galaxy = (...args: string[]): void => {
    const options = { env: environment, encoding: 'utf8' as const }
    const { status, stderr } = spawnSync('ansible-galaxy', ['collection', ...args], options)
    if (status !== 0) throw new Error(stderr)
  }
  const manifest = readFileSync(join(COLLECTION, 'galaxy.yml'), 'utf8')
  const version = /^version: (\S+)$/m.exec(manifest)![1]!
  galaxy('build', COLLECTION, '--output-path', folder)
  galaxy('install', join(folder, `picket-agent-${version}.tar.gz`), '-p', folder, '--offline')
  return {
    environment,
    async play(name, { variables = {}, arguments: given = [], before = [] } = {}) {
      const playbook = ['ansible-playbook', '-i', inventory, `picket.agent.${name}`]
      const [command = '', ...argv] = [...before, ...playbook, ...given]
      const child = spawn(command, [...argv, '-e', JSON.stringify(variables)], { env: environment })
      let output = ''
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
      child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
      const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
      const sums = [...output.matchAll(/ok=\d+ +changed=(\d+)/g)]
      return { code, output, changed: sums.map(([, count]) => Number(count)) }
    },
  }
}
