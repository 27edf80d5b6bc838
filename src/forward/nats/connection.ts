/** A connection to one NATS server, authenticated and verified as configured. */
import {
  credsAuthenticator,
  nkeyAuthenticator,
  TimeoutError,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
  type Authenticator,
  type ConnectionOptions,
  type NatsConnection,
} from '@nats-io/transport-node'
import { PicketError } from '../../core/errors.ts'
import { readSecret, readSecretFile } from '../connections/secret.ts'
import { tlsOptions } from '../tls/index.ts'
import type { NatsConnectionConfig, NatsIdentity } from './config.ts'
import { connectClosing } from './transport.ts'

/**
 * Connects once, without the client's own reconnecting: who uses it begins again with what is stored.
 *
 * `inboxPrefix`: where answers come to, for those who may not read those of others.
 * Errors: the client's or TLS's own, and `ERR_SINK_CONNECT` where a file cannot be read.
 */
export async function connectNats(
  config: NatsConnectionConfig,
  server: string,
  inboxPrefix?: string,
): Promise<NatsConnection> {
  const [scheme, address] = server.split('://') as [string, string]
  const authenticator = authenticatorOf(config)
  const options: ConnectionOptions = {
    servers: address,
    name: 'picket',
    reconnect: false,
    timeout: config.connectTimeoutMs,
    ...(inboxPrefix === undefined ? {} : { inboxPrefix }),
    // Given, it makes a server without TLS a failure before any secret is sent.
    ...(scheme === 'tls' ? { tls: tlsOptions(config.tls, hostOf(address)) as object } : {}),
    ...(authenticator === null ? {} : { authenticator }),
  }
  try {
    return await connectClosing(options)
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error
    const within = `${config.connectTimeoutMs} ms (connectTimeoutMs)`
    throw new PicketError('ERR_SINK_CONNECT', `the server did not answer in ${within}`)
  }
}

/** The first that is configured; the configuration's check refuses more than one. */
function authenticatorOf(config: NatsIdentity): Authenticator | null {
  const { credentialsFile, nkeyFile, user, password, passwordFile, token, tokenFile } = config
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
  if (credentialsFile !== undefined) {
    // The client finds the seed only where a line end follows its last line.
    return credsAuthenticator(bytes(`${readSecretFile('credentials', credentialsFile).trim()}\n`))
  }
  if (nkeyFile !== undefined) {
    return nkeyAuthenticator(bytes(readSecretFile('nkey', nkeyFile).trim()))
  }
  if (user !== undefined) {
    const secret = readSecret({ field: 'password', text: password, file: passwordFile })
    return usernamePasswordAuthenticator(user, secret ?? '')
  }
  const secret = readSecret({ field: 'token', text: token, file: tokenFile })
  return secret === null ? null : tokenAuthenticator(secret)
}

/** Returns the host of `HOST:PORT` or `[V6]:PORT`. */
function hostOf(address: string): string {
  return address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
}
