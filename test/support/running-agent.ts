/** The built program as a process inside a test host, driven as its users drive it. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { packagedFile } from '../../src/core/files/package-root.ts'
import { until } from './await-until.ts'
import type { TestHost } from './hosts/namespace.ts'

export interface ApiAnswer {
  readonly status: number
  readonly body: unknown
}

export interface RunningAgent {
  readonly child: ChildProcess
  /** What it has printed so far, both streams. */
  output(): string
  /** Calls the API from inside the host, as a playbook would. */
  call(method: string, path: string, token: string, body?: unknown): Promise<ApiAnswer>
  /** Sends the signal and resolves with the exit code once the process has ended. */
  end(signal: NodeJS.Signals): Promise<number | null>
}

const MAIN = packagedFile('dist/main.js')

/** Runs `picket ARGS` inside the host to its end. */
export function picket(host: TestHost, ...args: string[]) {
  return host.run(process.execPath, [MAIN, ...args])
}

/** Starts the agent inside the host and resolves once it says that it is ready. */
export async function startAgentIn(
  host: TestHost,
  folder: string,
  config: object,
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningAgent> {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'picket.yaml')
  writeFileSync(file, stringify(config))
  const args = [MAIN, 'start', '--config', file, '--data-dir', folder]
  const env = { ...process.env, ...environment }
  const child = host.spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env })
  let output = ''
  child.stdout!.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr!.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const ended = once(child, 'exit') as Promise<[number | null]>
  await until('the agent is ready', () => {
    if (child.exitCode !== null) throw new Error(`the agent ended: ${output}`)
    return /Picket is running/.test(output) ? true : null
  })
  return {
    child,
    output: () => output,
    call: (...call) => callApi(host, ...call),
    async end(signal) {
      child.kill(signal)
      return (await ended)[0]
    },
  }
}

async function callApi(
  host: TestHost,
  method: string,
  path: string,
  token: string,
  body?: unknown,
): Promise<ApiAnswer> {
  const args = ['-s', '-g', '-m', '10', '-w', '\n%{http_code}', '-X', method]
  args.push('-H', `Authorization: Bearer ${token}`)
  const input = body === undefined ? undefined : JSON.stringify(body)
  if (input !== undefined) args.push('-H', 'Content-Type: application/json', '--data-binary', '@-')
  const { stdout } = await host.run('curl', [...args, `http://127.0.0.1:8460${path}`], { input })
  const end = stdout.lastIndexOf('\n')
  const text = stdout.slice(0, end)
  return { status: Number(stdout.slice(end + 1)), body: text === '' ? null : JSON.parse(text) }
}
