/** Three real nats-servers as one cluster on loopback, run with the configuration that is shipped for them. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { packagedFile } from '../../../../src/core/files/package-root.ts'
import type { Certificate } from '../../certificates.ts'
import { freePort } from '../../hosts/free-port.ts'

const NAMES = ['nats1', 'nats2', 'nats3']
/** A port that is free now may be another test's a moment later. */
const MOST_ATTEMPTS = 3

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
  for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt += 1) {
    const cluster = await launch(template, options)
    if (cluster !== null) return cluster
  }
  throw new Error(`no ${NAMES.length} servers listen on their ports, tried ${MOST_ATTEMPTS} times`)
}

/** Null where somebody else took a port that was free before. */
async function launch(template: string, options: ClusterOptions): Promise<NatsCluster | null> {
  const ports = await Promise.all(NAMES.map(freePort))
  const routes = await Promise.all(NAMES.map(freePort))
  const children: ChildProcess[] = []
  for (const [index, name] of NAMES.entries()) {
    const folder = join(options.folder, name)
    await mkdir(folder, { recursive: true })
    const file = join(folder, 'nats-server.conf')
    await writeFile(file, configuration(template, { ...options, folder, index, ports, routes }))
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
  const listening = children.map((child, index) => listens(child, ports[index]!))
  const servers = ports.map((port) => `tls://127.0.0.1:${port}`)
  if ((await Promise.all(listening)).every(Boolean)) return { servers, kill, stop }
  await stop()
  return null
}

interface Member extends ClusterOptions {
  readonly index: number
  readonly ports: readonly number[]
  readonly routes: readonly number[]
}

function configuration(
  template: string,
  { folder, index, ports, routes, certificate, caFile }: Member,
): string {
  return NAMES.reduce(
    (conf, other, at) => conf.replace(`${other}.example.org:6222`, `127.0.0.1:${routes[at]}`),
    template,
  )
    .replace('server_name: nats1', `server_name: ${NAMES[index]}`)
    .replace('0.0.0.0:4222', `127.0.0.1:${ports[index]}`)
    .replace('0.0.0.0:6222', `127.0.0.1:${routes[index]}`)
    .replaceAll('/etc/nats/server.pem', certificate.certificateFile)
    .replaceAll('/etc/nats/server.key', certificate.keyFile)
    .replaceAll('/etc/nats/ca.pem', caFile)
    .replace('/var/lib/nats', join(folder, 'store'))
}

/** Resolves with whether the server took its port; one that cannot ends at once. */
async function listens(child: ChildProcess, port: number): Promise<boolean> {
  while (child.exitCode === null && child.signalCode === null) {
    const socket = connect(port, '127.0.0.1')
    const isTaken = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isTaken) return true
    await pause(50)
  }
  return false
}
