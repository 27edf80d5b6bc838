/** Where a collector is, and how to begin a connection to it. */
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { tlsOptions, type TlsConfig } from '../tls/index.ts'

export type Endpoint =
  /** `host`: name, IPv4 or IPv6 address. With `tls`, nothing is sent before the collector is verified. */
  | {
      readonly kind: 'tcp'
      readonly host: string
      readonly port: number
      readonly tls: TlsConfig | null
    }
  /** A stream socket of this host. */
  | { readonly kind: 'unix'; readonly path: string }

/** Begins a connection; `whenReady` names the event after which bytes may be sent. */
export function begin(endpoint: Endpoint): { socket: Socket; whenReady: string } {
  if (endpoint.kind === 'unix') {
    return { socket: connect({ path: endpoint.path }), whenReady: 'connect' }
  }
  const { host, port, tls } = endpoint
  const target = { host, port, keepAlive: true, noDelay: true }
  if (tls === null) return { socket: connect(target), whenReady: 'connect' }
  return {
    socket: connectTls({ ...target, ...tlsOptions(tls, host) }),
    whenReady: 'secureConnect',
  }
}

/** Names the endpoint in a message. */
export function nameOf(endpoint: Endpoint): string {
  return endpoint.kind === 'unix' ? endpoint.path : endpoint.host
}
