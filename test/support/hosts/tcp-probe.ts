/** TCP from inside a test host: a listener that echoes, and a connection that can be tried or held. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { TestHost } from './namespace.ts'

const LISTENER = `
require('node:net').createServer((socket) => socket.on('error', () => {}).pipe(socket))
  .listen({ host: '::', port: Number(process.argv[1]) }, () => console.log('listening'))`

const CONNECT = `
const [host, port, timeout] = process.argv.slice(1)
const socket = require('node:net').connect({ host, port: Number(port) })
socket.on('connect', () => process.exit(0)).on('error', () => process.exit(1))
setTimeout(() => process.exit(2), Number(timeout))`

const HOLD = `
const [host, port] = process.argv.slice(1)
const socket = require('node:net').connect({ host, port: Number(port) })
socket.on('connect', () => console.log('connected')).on('error', () => process.exit(1))
socket.on('data', (bytes) => process.stdout.write(bytes))
process.stdin.on('data', (bytes) => socket.write(bytes))`

/** Listens on the port, both families, and echoes; resolves once it does. */
export async function listenTcp(host: TestHost, port: number): Promise<ChildProcess> {
  const child = host.spawn(process.execPath, ['-e', LISTENER, String(port)])
  await once(createInterface({ input: child.stdout! }), 'line')
  return child
}

/** Says whether a TCP connection from the host comes about within the time. */
export async function connectsTcp(
  host: TestHost,
  address: string,
  port: number,
  timeoutMs = 1500,
): Promise<boolean> {
  const args = ['-e', CONNECT, address, String(port), String(timeoutMs)]
  return (await host.run(process.execPath, args)).code === 0
}

export interface HeldConnection {
  /** Sends a line and says whether its echo came back within the time. */
  echoes(line: string, timeoutMs?: number): Promise<boolean>
  close(): void
}

/** Opens a connection to a `listenTcp` and holds it. */
export async function holdTcp(
  host: TestHost,
  address: string,
  port: number,
): Promise<HeldConnection> {
  const child = host.spawn(process.execPath, ['-e', HOLD, address, String(port)])
  const lines = createInterface({ input: child.stdout! })
  await once(lines, 'line')
  return {
    async echoes(line, timeoutMs = 1500) {
      child.stdin!.write(`${line}\n`)
      try {
        await once(lines, 'line', { signal: AbortSignal.timeout(timeoutMs) })
        return true
      } catch {
        return false
      }
    },
    close: () => void child.kill('SIGKILL'),
  }
}
