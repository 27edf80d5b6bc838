/** HTTPS connections that are verified as the sink's configuration says. */
import { Agent, type AgentOptions } from 'node:https'
import type { Duplex } from 'node:stream'
import { tlsOptions, type TlsConfig } from '../tls/index.ts'

export class VerifyingAgent extends Agent {
  readonly #tls: TlsConfig

  constructor({ tls, ...options }: AgentOptions & { readonly tls: TlsConfig }) {
    // A resumed session is not verified again: after a change of files the old one would live on.
    super({ ...options, maxCachedSessions: 0 })
    this.#tls = tls
  }

  /** Reads the files anew for each connection, so that renewed certificates are taken up. */
  override createConnection(
    options: AgentOptions,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    const { host } = options as { readonly host: string }
    return super.createConnection({ ...options, ...tlsOptions(this.#tls, host) }, callback)
  }
}
