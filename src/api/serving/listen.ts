/** The API's sockets: TCP, with or without TLS, for tokens and certificates; a unix socket for the local operator. */
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { dirname } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { systemClock } from '../../core/clock.ts'
import { PicketError } from '../../core/errors.ts'
import type { Log } from '../../core/log/log.ts'
import { canonicalAddress, formatAddress, parseAddress } from '../../net/address.ts'
import type { NetworkPeer, Peer } from '../auth.ts'
import { apiFaults, BARE_HOST_CURE, type ApiConfig } from '../config.ts'
import type { ApiApp } from '../router.ts'
import { listenError, listening } from './bound.ts'
import { limitConnections } from './connections.ts'
import { serverTls, type ServerTls } from './tls.ts'
import { listenUnix } from './unix-socket.ts'
import { answerUnreadable, unreadableResponse } from './unreadable.ts'

export interface ApiListener {
  /** `http://127.0.0.1:8460`; null when TCP is switched off. */
  readonly url: string | null
  /** SHA-256 fingerprint of the certificate served; null without TLS. */
  readonly fingerprint: string | null
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
  // Whoever leaves it out is told so in a problem.
  requireHostHeader: false,
}
const IDLE_SOCKET_MS = 60_000
const MAX_CONNECTIONS = 512
const CLOSE_GRACE_MS = 500

/**
 * Serves the API on TCP (where enabled) and on the unix socket.
 *
 * Errors: `ERR_API_LISTEN` when the host is one that others can reach and there is no TLS, the certificates do not
 * work, the port is taken, or another agent answers on the socket; then nothing is left listening.
 */
export async function listen(
  app: ApiApp,
  options: { readonly config: ApiConfig; readonly socketPath: string; readonly log: Log },
): Promise<ApiListener> {
  const { config, socketPath, log } = options
  const servers: Server[] = []
  try {
    const local = serverFor(app, { peerOf: () => ({ kind: 'local' }), tls: null })
    servers.push(await listenUnix(local, socketPath))
    if (config.enabled) refuseBareHost(config)
    const tls = config.enabled
      ? await serverTls(config.tls, dirname(socketPath), systemClock.nowMs())
      : null
    const tcp = config.enabled ? await listenTcp(app, config, tls) : null
    if (tcp !== null) servers.push(tcp)
    const url = tcp === null ? null : urlOf(tcp.address() as AddressInfo, tls !== null)
    const fingerprint = tls?.fingerprint ?? null
    log.info('The API listens', { url, socketPath, fingerprint })
    return { url, fingerprint, socketPath, close: () => closeAll(servers) }
  } catch (error) {
    await closeAll(servers)
    throw error
  }
}

interface ServerParts {
  readonly peerOf: (bindings: HttpBindings) => Peer
  readonly tls: ServerTls | null
}

function serverFor(app: ApiApp, { peerOf, tls }: ServerParts): Server {
  const serve = getRequestListener(
    (request, bindings) => app.fetch(request, { peer: peerOf(bindings as HttpBindings) }),
    { errorHandler: unreadableResponse, overrideGlobalObjects: false },
  )
  // What goes wrong becomes an answer.
  const listener: RequestListener = (request, answer) => void serve(request, answer)
  const server =
    tls === null
      ? createServer(SERVER_LIMITS, listener)
      : createTlsServer({ ...SERVER_LIMITS, ...tls.options, handshakeTimeout: 10_000 }, listener)
  answerUnreadable(server)
  server.maxConnections = MAX_CONNECTIONS
  server.setTimeout(IDLE_SOCKET_MS)
  return server
}

async function listenTcp(app: ApiApp, config: ApiConfig, tls: ServerTls | null): Promise<Server> {
  const host = hostOf(config)
  const server = serverFor(app, { peerOf: ({ incoming }) => peerOf(incoming.socket), tls })
  limitConnections(server, config.limits.connectionsPerPeer)
  try {
    await listening(server, () => server.listen(config.port, host))
    return server
  } catch (cause) {
    throw listenError(`${host} port ${config.port}`, cause)
  }
}

function peerOf(socket: HttpBindings['incoming']['socket']): NetworkPeer {
  const { localPort = null } = socket
  return {
    kind: 'network',
    address: plainAddress(socket.remoteAddress),
    localAddress: plainAddress(socket.localAddress),
    localPort,
    certificate: 'authorized' in socket ? nameOf(socket as TLSSocket) : null,
  }
}

/** The common name of a client certificate that one of our authorities signed. */
function nameOf(socket: TLSSocket): string | null {
  if (!socket.authorized) return null
  const name = socket.getPeerCertificate().subject?.CN
  return typeof name === 'string' ? name : null
}

/** Without the zone of a link-local address, and IPv4 as IPv4 on a socket of both families. */
const plainAddress = (address: string | undefined): string | null =>
  canonicalAddress(address?.split('%')[0] ?? '')

function hostOf({ host }: ApiConfig): string {
  const address = parseAddress(host)
  if (address !== null) return formatAddress(address)
  throw new PicketError('ERR_API_LISTEN', `api.host is ${host}, which is not an IP address`, {
    hint: 'use 127.0.0.1 or ::1, or with TLS another address of this host, 0.0.0.0 or ::',
  })
}

/** The last gate, where a configuration did not come by `validateConfig`. */
function refuseBareHost(config: ApiConfig): void {
  if (apiFaults(config).length === 0) return
  const message = `api.host is ${config.host}, which is not a loopback address, and api.tls is off`
  throw new PicketError('ERR_API_LISTEN', message, { hint: BARE_HOST_CURE })
}

function urlOf({ address, port, family }: AddressInfo, isTls: boolean): string {
  const host = family === 'IPv6' ? `[${address}]` : address
  return `${isTls ? 'https' : 'http'}://${host}:${port}`
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
