/** A real rsyslogd on loopback, with its own configuration and folder, writing what it gets to a file. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile, truncate, writeFile } from 'node:fs/promises'
import { createServer, connect } from 'node:net'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { until } from './await-until.ts'

export interface Rsyslog {
  readonly port: number
  /** Every message as it came over the wire, in the order it was written. */
  messages(): Promise<string[]>
  /** Ends it as a crash would, with SIGKILL. */
  kill(): Promise<void>
  /** Starts it again on the same port and file. */
  start(): Promise<void>
  /** Stops it from running (SIGSTOP) and lets it go on (SIGCONT). */
  freeze(): void
  thaw(): void
}

export interface RsyslogOptions {
  readonly folder: string
  readonly protocol: 'tcp' | 'udp'
}

/** Starts rsyslogd as a child, on a free port for UDP or TCP; it is killed when the test is over. */
export async function startRsyslog({ folder, protocol }: RsyslogOptions): Promise<Rsyslog> {
  const port = await freePort()
  const [configuration, output] = [join(folder, 'rsyslog.conf'), join(folder, 'received.log')]
  await writeFile(configuration, configurationFor(folder, protocol, port, output))
  let child: ChildProcess | null = null
  const kill = async (): Promise<void> => {
    if (child === null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    child = null
    await dropCutLine(output)
  }
  const start = async (): Promise<void> => {
    const pidFile = join(folder, `rsyslog-${Date.now()}.pid`)
    child = spawn('rsyslogd', ['-n', '-i', pidFile, '-f', configuration], { stdio: 'ignore' })
    await until('rsyslogd has started', () => (existsSync(pidFile) ? true : null), { everyMs: 20 })
    if (protocol === 'tcp') await until('rsyslogd listens', () => answers(port), { everyMs: 20 })
  }
  onTestFinished(kill)
  await start()
  const messages = async (): Promise<string[]> => {
    if (!existsSync(output)) return []
    return wholeLines(await readFile(output, 'utf8')).filter((line) => line !== '')
  }
  return {
    port,
    messages,
    kill,
    start,
    freeze: () => child?.kill('SIGSTOP'),
    thaw: () => child?.kill('SIGCONT'),
  }
}

/** Leaves out what was not yet written to its end. */
const wholeLines = (text: string): string[] => text.split('\n').slice(0, -1)

/** A message that was being written when the collector was killed is one it never had. */
async function dropCutLine(output: string): Promise<void> {
  if (!existsSync(output)) return
  const bytes = await readFile(output)
  await truncate(output, bytes.lastIndexOf('\n') + 1)
}

function configurationFor(folder: string, protocol: string, port: number, output: string): string {
  return `
global(workDirectory="${folder}" maxMessageSize="64k" parser.escapeControlCharactersOnReceive="off")
module(load="im${protocol}")
template(name="raw" type="string" string="%rawmsg%\\n")
ruleset(name="in") { action(type="omfile" file="${output}" template="raw") }
input(type="im${protocol}" address="127.0.0.1" port="${port}" ruleset="in")
`
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

async function answers(port: number): Promise<true | null> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return null
  } finally {
    socket.destroy()
  }
}
