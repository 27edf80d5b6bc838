/** The API's sockets: TCP on loopback for tokens, a unix socket for the local operator. */
import { chmodSync, lstatSync, unlinkSync } from 'node:fs'
import type { Server, ServerOptions } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { createAdaptorServer, type HttpBindings } from '@hono/node-server'
import { PicketError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import { formatAddress, parseAddress } from '../net/address.ts'
import { cidrContains, parseCidr } from '../net/cidr.ts'
import type { Peer } from './auth.ts'
import type { ApiConfig } from './config.ts'
import type { ApiApp } from './router.ts'

export interface ApiListener {
  /** `http://127.0.0.1:8460`; null when TCP is switched off. */
  readonly url: string | null
  readonly socketPath: string
  /** Stops accepting, lets running requests end for half a second, then cuts them. */
  close(): Promise<void>
}

// Someone who dribbles a request, or never reads the answer, must not hold a socket for long.
const SERVER_LIMITS: ServerOptions = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: 16_384,
}
const IDLE_SOCKET_MS = 60_000
const MAX_CONNECTIONS = 512
const CLOSE_GRACE_MS = 500
// sun_path of unix(7) holds 108 bytes with the closing zero.
const MAX_SOCKET_PATH_BYTES = 107

/**
 * Serves the API on TCP (where enabled) and on the unix socket.
 *
 * Errors: `ERR_API_LISTEN` when the host is not loopback, the port is taken, or another agent answers on the
 * socket; then nothing is left listening.
 */
export async function listen(
  app: ApiApp,
  options: { readonly config: ApiConfig; readonly socketPath: string; readonly log: Log },
): Promise<ApiListener> {
  const { config, socketPath, log } = options
  const servers: Server[] = []
  try {
    servers.push(await listenUnix(app, socketPath))
    const tcp = config.enabled ? await listenTcp(app, config) : null
    if (tcp !== null) servers.push(tcp)
    const url = tcp === null ? null : urlOf(tcp.address() as AddressInfo)
    log.info('The API listens', { url, socketPath })
    return { url, socketPath, close: () => closeAll(servers) }
  } catch (error) {
    await closeAll(servers)
    throw error
  }
}

function serverFor(app: ApiApp, peerOf: (bindings: HttpBindings) => Peer): Server {
  const server = createAdaptorServer({
    fetch: (request, bindings) => app.fetch(request, { peer: peerOf(bindings as HttpBindings) }),
    overrideGlobalObjects: false,
    serverOptions: SERVER_LIMITS,
  }) as Server
  server.maxConnections = MAX_CONNECTIONS
  server.setTimeout(IDLE_SOCKET_MS)
  return server
}

async function listenTcp(app: ApiApp, config: ApiConfig): Promise<Server> {
  const host = loopbackHost(config.host)
  const server = serverFor(app, ({ incoming }) => ({
    kind: 'network',
    address: incoming.socket.remoteAddress ?? null,
  }))
  try {
    await listening(server, () => server.listen(config.port, host))
    return server
  } catch (cause) {
    throw listenError(`${host} port ${config.port}`, cause)
  }
}

function loopbackHost(host: string): string {
  const address = parseAddress(host)
  const isLoopback = ['127.0.0.0/8', '::1'].some((range) => {
    return address !== null && cidrContains(parseCidr(range)!, address)
  })
  if (address !== null && isLoopback) return formatAddress(address)
  throw new PicketError('ERR_API_LISTEN', `api.host is ${host}, which is not a loopback address`, {
    hint: 'use 127.0.0.1 or ::1: the API speaks no TLS yet, and tokens must not cross a network in the clear',
  })
}

async function listenUnix(app: ApiApp, path: string): Promise<Server> {
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) {
    throw new PicketError('ERR_API_LISTEN', `the socket path ${path} is too long for the system`, {
      hint: `choose a data folder whose path is shorter (--data-dir); ${MAX_SOCKET_PATH_BYTES} bytes at most`,
    })
  }
  await removeStaleSocket(path)
  const server = serverFor(app, () => ({ kind: 'local' }))
  try {
    await listening(server, () => {
      // The socket must never, not for a moment, be open to others: the mask holds while bind() runs.
      const maskBefore = process.umask(0o177)
      try {
        server.listen(path)
      } finally {
        process.umask(maskBefore)
      }
    })
    chmodSync(path, 0o600)
    return server
  } catch (cause) {
    throw listenError(path, cause)
  }
}

/** Removes a socket that an agent left behind; refuses when one answers or when it is no socket. */
async function removeStaleSocket(path: string): Promise<void> {
  const entry = lstatSync(path, { throwIfNoEntry: false })
  if (entry === undefined) return
  if (!entry.isSocket()) {
    throw new PicketError('ERR_API_LISTEN', `${path} is in the way: it is not a socket`, {
      hint: 'move it away, or choose another folder with --data-dir',
    })
  }
  if (await somebodyAnswers(path)) {
    throw new PicketError('ERR_API_LISTEN', `another agent answers on ${path}`, {
      hint: 'stop it first, or choose another folder with --data-dir',
    })
  }
  unlinkSync(path)
}

/** Says whether a process accepts connections on the unix socket. */
export function somebodyAnswers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // Refused: nobody has it open. Anything else (no permission, queue full) is somebody's.
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT')
    })
  })
}

function listening(server: Server, start: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.once('listening', () => {
      server.off('error', reject)
      resolve()
    })
    start()
  })
}

function listenError(where: string, cause: unknown): PicketError {
  const code = (cause as NodeJS.ErrnoException).code ?? String(cause)
  const hint =
    code === 'EADDRINUSE'
      ? 'another program (perhaps another agent) has it; stop that or set api.port to a free port (0 takes any)'
      : 'check the permissions of the data folder and the value of api.port'
  return new PicketError('ERR_API_LISTEN', `the API cannot listen on ${where}: ${code}`, {
    cause,
    hint,
  })
}

function urlOf({ address, port, family }: AddressInfo): string {
  return family === 'IPv6' ? `http://[${address}]:${port}` : `http://${address}:${port}`
}

async function closeAll(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.map(closeOne))
}

function closeOne(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS)
    server.close(() => {
      clearTimeout(cut)
      resolve()
    })
    server.closeIdleConnections()
  })
}
