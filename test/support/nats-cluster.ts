/** Three real nats-servers as one cluster on loopback, run with the configuration that is shipped for them. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { packagedFile } from '../../src/core/package-root.ts'
import type { Certificate } from './certificates.ts'
import { freePort } from './free-port.ts'

const NAMES = ['nats1', 'nats2', 'nats3']

export interface NatsCluster {
  /** URLs of all three. */
  readonly servers: readonly string[]
  /** Ends the server as a crash would, by its number from 0. */
  kill(index: number): Promise<void>
  stop(): Promise<void>
}

export interface ClusterOptions {
  readonly folder: string
  readonly caFile: string
  /** Of every server. */
  readonly certificate: Certificate
  readonly usersFile: string
}

/** Starts the servers; whoever starts them stops them. */
export async function startCluster(options: ClusterOptions): Promise<NatsCluster> {
  const template = await readFile(packagedFile('deploy/nats/nats-server.conf'), 'utf8')
  const ports = await Promise.all(NAMES.map(freePort))
  const routes = await Promise.all(NAMES.map(freePort))
  const servers = ports.map((port) => `tls://127.0.0.1:${port}`)
  const children: ChildProcess[] = []
  for (const [index, name] of NAMES.entries()) {
    const folder = join(options.folder, name)
    await mkdir(folder)
    const { certificateFile, keyFile } = options.certificate
    const text = NAMES.reduce(
      (conf, other, at) => conf.replace(`${other}.example.org:6222`, `127.0.0.1:${routes[at]}`),
      template,
    )
      .replace('server_name: nats1', `server_name: ${name}`)
      .replace('0.0.0.0:4222', `127.0.0.1:${ports[index]}`)
      .replace('0.0.0.0:6222', `127.0.0.1:${routes[index]}`)
      .replaceAll('/etc/nats/server.pem', certificateFile)
      .replaceAll('/etc/nats/server.key', keyFile)
      .replaceAll('/etc/nats/ca.pem', options.caFile)
      .replace('/var/lib/nats', join(folder, 'store'))
    const file = join(folder, 'nats-server.conf')
    await writeFile(file, text)
    await copyFile(options.usersFile, join(folder, 'users.conf'))
    children.push(spawn('nats-server', ['-c', file], { stdio: 'ignore' }))
  }
  const kill = async (index: number): Promise<void> => {
    const child = children[index]!
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  const stop = async (): Promise<void> => {
    await Promise.all(children.map((_, index) => kill(index)))
  }
  return { servers, kill, stop }
}
