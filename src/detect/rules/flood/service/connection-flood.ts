/**
 * Detects floods of connections and requests: one client completes thousands of connections that say nothing,
 * asks the same page each time anew, or shakes hands over TLS again and again.
 *
 * Watches ended flows whose handshake was seen, and requests as they are read. Left out: many clients of which
 * each does little, which is what a popular server looks like; what databases and caches are asked over
 * connections that last for one question.
 */
import { APPLICATIONS, type ApplicationFact, type LiveFlow } from '../../../../flow/flow.ts'
import { IpProtocol, TcpFlag } from '../../../../net/protocol.ts'
import type { Detector, Emit, Memory } from '../../../detector.ts'
import { originatorHash, responderHash } from '../../state/packet-address.ts'
import { mix } from '../../state/pair-key.ts'
import { HostRates } from '../../state/watch/host-rates.ts'
import { WatchedHosts } from '../../state/watch/watched-hosts.ts'
import type { ConnectionFloodConfig } from '../config.ts'
import { ConnectionClient, Does } from './connection-client.ts'

/** Connections or requests within two seconds from which a client is watched. */
const WATCH_FROM = 20

const TLS = APPLICATIONS.indexOf('tls')

export class ConnectionFlood implements Detector {
  readonly name = 'connection-flood'
  readonly memories: readonly Memory[]
  readonly #config: ConnectionFloodConfig
  readonly #rates = new HostRates()
  readonly #clients: WatchedHosts<ConnectionClient>

  constructor(config: ConnectionFloodConfig, emit: Emit) {
    this.#config = config
    this.#clients = new WatchedHosts(config.maxClients, emit)
    this.memories = [this.#clients]
  }

  flowSpoke(flow: LiveFlow, fact: ApplicationFact): void {
    if (fact.kind === 'http-request') {
      this.#client(flow, Does.ASK, flow.lastUs)?.request(flow, fact)
    } else if (fact.kind === 'http-response' && this.#clients.size > 0) {
      this.#clients.get(keyOf(flow, Does.ASK))?.answers(fact.status)
    }
  }

  flowEnded(flow: LiveFlow): void {
    if (flow.protocol !== IpProtocol.TCP || !wasOpened(flow)) return
    const isSilent = flow.originatorPayloadBytes === 0
    if (!isSilent && flow.application !== TLS) return
    this.#client(flow, isSilent ? Does.SAY_NOTHING : Does.SHAKE_HANDS, flow.startUs)?.connection(
      flow,
    )
  }

  #client(flow: LiveFlow, does: number, nowUs: number): ConnectionClient | undefined {
    const key = keyOf(flow, does)
    const client = this.#clients.get(key)
    if (client !== undefined) return client
    if (this.#rates.count(key, nowUs) < WATCH_FROM) return undefined
    return this.#clients.watch(key, new ConnectionClient(flow, does, this.#config))
  }
}

function keyOf(flow: LiveFlow, does: number): number {
  const pair = mix(originatorHash(flow), responderHash(flow))
  return mix(pair, flow.responderPort + 65_536 * does)
}

/** The handshake was completed: a SYN-ACK, and more than a SYN or a reset in return. */
function wasOpened(flow: LiveFlow): boolean {
  if ((flow.openingTcpFlags & TcpFlag.SYN) === 0) return false
  if ((flow.responderTcpFlags & TcpFlag.SYN) === 0) return false
  return (flow.originatorTcpFlags & TcpFlag.ACK) !== 0 && flow.originatorPackets >= 2
}
