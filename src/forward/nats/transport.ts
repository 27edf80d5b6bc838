/** The client's transport, which closes what it gives up. */
import { NatsConnectionImpl, setTransportFactory } from '@nats-io/transport-node'
import type { ConnectionOptions, NatsConnection } from '@nats-io/transport-node'
import { NodeTransport, nodeResolveHost } from '@nats-io/transport-node/lib/node_transport.js'

/**
 * The client (3.3.1) leaves the socket of an attempt that ran out of time open: a server that accepts and then says
 * nothing costs a descriptor at each attempt, until the agent has none left.
 */
class ClosingTransport extends NodeTransport {
  override async close(error?: Error): Promise<void> {
    if (this.connected) return super.close(error)
    this.done = true
    this.socket?.destroy()
  }
}

/** As the client's `connect`. Errors: the same. */
export function connectClosing(options: ConnectionOptions): Promise<NatsConnection> {
  setTransportFactory({
    factory: () => new ClosingTransport(),
    dnsResolveFn: nodeResolveHost,
  })
  return NatsConnectionImpl.connect(options)
}
