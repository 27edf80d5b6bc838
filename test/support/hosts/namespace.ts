/**
 * Hosts for tests: network namespaces joined by a bridge, each with an IPv4 and an IPv6 address.
 *
 * Everything, the bridge included, lives inside namespaces named `pk<pid>-…`; the machine's own
 * network is never touched, and removing the namespaces removes all of it. Needs root.
 */
import { spawn, spawnSync, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'

export interface Outcome {
  /** Exit code; null when ended by a signal (a timeout too). */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly input?: string | undefined
  readonly timeoutMs?: number | undefined
  readonly env?: NodeJS.ProcessEnv | undefined
  readonly cwd?: string | undefined
}

export interface TestHost {
  readonly namespace: string
  /** The name of its one link, inside the namespace. */
  readonly interface: string
  readonly address4: string
  readonly address6: string
  /** Runs a command inside to its end; a failure is an outcome, not a rejection. */
  run(command: string, args: readonly string[], options?: RunOptions): Promise<Outcome>
  /** Starts a command inside; the child's pid is the command's own. Killed at `remove()`. */
  spawn(command: string, args: readonly string[], options?: SpawnOptions): ChildProcess
}

export interface TestNetwork<Name extends string> {
  readonly hosts: Readonly<Record<Name, TestHost>>
  /** Kills what still runs inside and removes all namespaces. */
  remove(): Promise<void>
}

const live = new Set<string>()
let networks = 0

process.on('exit', () => {
  for (const namespace of live) removeNamespace(namespace)
})

/**
 * Makes one namespace a name, all on one bridge: `10.77.0.N/24` and `fd00:77::N/64` on `eth0`, N from 1 in
 * the order given. Duplicate address detection is off, so IPv6 works at once.
 */
export async function joinHosts<Name extends string>(
  names: readonly Name[],
): Promise<TestNetwork<Name>> {
  removeLeftovers()
  networks += 1
  const prefix = `pk${process.pid}-${networks}`
  const bridge = `${prefix}-switch`
  const made = [bridge]
  try {
    await makeNamespace(bridge)
    await ip('-n', bridge, 'link', 'add', 'br0', 'type', 'bridge', 'stp_state', '0')
    await ip('-n', bridge, 'link', 'set', 'br0', 'up')
    const hosts: Partial<Record<Name, TestHost>> = {}
    for (const [index, name] of names.entries()) {
      const namespace = `${prefix}-${name}`
      made.push(namespace)
      hosts[name] = await plugIn(namespace, bridge, index + 1)
    }
    return {
      hosts: hosts as Record<Name, TestHost>,
      remove: () => Promise.resolve(made.forEach(removeNamespace)),
    }
  } catch (error) {
    made.forEach(removeNamespace)
    throw error
  }
}

async function plugIn(namespace: string, bridge: string, number: number): Promise<TestHost> {
  const address4 = `10.77.0.${number}`
  const address6 = `fd00:77::${number.toString(16)}`
  const port = `port${number}`
  await makeNamespace(namespace)
  const peer = ['type', 'veth', 'peer', 'name', port, 'netns', bridge]
  await ip('link', 'add', 'eth0', 'netns', namespace, ...peer)
  await ip('-n', bridge, 'link', 'set', port, 'master', 'br0', 'up')
  await ip('-n', namespace, 'link', 'set', 'eth0', 'up')
  await ip('-n', namespace, 'addr', 'add', `${address4}/24`, 'dev', 'eth0')
  await ip('-n', namespace, 'addr', 'add', `${address6}/64`, 'dev', 'eth0', 'nodad')
  return {
    namespace,
    interface: 'eth0',
    address4,
    address6,
    run: (command, args, options) => run('ip', inside(namespace, command, args), options),
    spawn: (command, args, options = {}) => spawn('ip', inside(namespace, command, args), options),
  }
}

function inside(namespace: string, command: string, args: readonly string[]): string[] {
  return ['netns', 'exec', namespace, command, ...args]
}

async function makeNamespace(namespace: string): Promise<void> {
  await ip('netns', 'add', namespace)
  live.add(namespace)
  const keys = ['all.accept_dad=0', 'default.accept_dad=0', 'default.dad_transmits=0']
  const settings = keys.map((key) => `net.ipv6.conf.${key}`)
  await run('ip', inside(namespace, 'sysctl', ['-qw', ...settings]))
  await ip('-n', namespace, 'link', 'set', 'lo', 'up')
}

/** Ends what runs inside first: a namespace lives on, nameless, as long as a process is in it. */
function removeNamespace(namespace: string): void {
  live.delete(namespace)
  if (!existsSync(`/run/netns/${namespace}`)) return
  const pids = spawnSync('ip', ['netns', 'pids', namespace], { encoding: 'utf8' }).stdout
  for (const pid of pids.split('\n').filter(Boolean)) {
    try {
      process.kill(Number(pid), 'SIGKILL')
    } catch {
      // It ended by itself in between.
    }
  }
  spawnSync('ip', ['netns', 'del', namespace])
}

/** Removes namespaces of test processes that were killed before they could. */
function removeLeftovers(): void {
  const names = existsSync('/run/netns') ? readdirSync('/run/netns') : []
  for (const name of names) {
    const owner = /^pk(\d+)-/.exec(name)?.[1]
    if (owner !== undefined && !existsSync(`/proc/${owner}`)) removeNamespace(name)
  }
}

async function ip(...args: string[]): Promise<void> {
  const outcome = await run('ip', args)
  if (outcome.code !== 0) throw new Error(`ip ${args.join(' ')}: ${outcome.stderr.trim()}`)
}

function run(command: string, args: string[], options: RunOptions = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const { timeoutMs: timeout = 60_000, input = '', env, cwd } = options
    const child = spawn(command, args, { timeout, killSignal: 'SIGKILL', env, cwd })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
    // A command that ends without reading its input is no failure of the test's.
    child.stdin.on('error', () => undefined).end(input)
  })
}
