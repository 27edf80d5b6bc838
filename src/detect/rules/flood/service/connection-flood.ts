/**
 * Detects floods of connections: one client completes thousands that say nothing, or ask the same page each
 * time anew.
 *
 * Watches ended flows whose handshake was seen. Left out: many clients of which each does little, which is
 * what a popular server looks like; requests that share a connection, as proxies send them; what databases
 * and caches are asked over connections that last for one question.
 */
import { APPLICATIONS, type LiveFlow } from '../../../../flow/flow.ts'
import { IpProtocol, TcpFlag } from '../../../../net/protocol.ts'
import type { Detector, Emit } from '../../../detector.ts'
import { originatorHash, responderHash } from '../../state/packet-address.ts'
import { mix } from '../../state/pair-key.ts'
import { HostRates } from '../../state/watch/host-rates.ts'
import { WatchedHosts } from '../../state/watch/watched-hosts.ts'
import type { ConnectionFloodConfig } from '../config.ts'
import { ConnectionClient } from './connection-client.ts'

/** Connections within two seconds from which a client is watched. */
const WATCH_FROM = 20

const HTTP = APPLICATIONS.indexOf('http')

export class ConnectionFlood implements Detector {
  readonly name = 'connection-flood'
  readonly #config: ConnectionFloodConfig
  readonly #rates = new HostRates()
  readonly #clients: WatchedHosts<ConnectionClient>

  constructor(config: ConnectionFloodConfig, emit: Emit) {
    this.#config = config
    this.#clients = new WatchedHosts(config.maxClients, emit)
  }

  flowEnded(flow: LiveFlow): void {
    if (flow.protocol !== IpProtocol.TCP || !wasOpened(flow)) return
    const isSilent = flow.originatorPayloadBytes === 0
    if (!isSilent && flow.application !== HTTP) return
    const pair = mix(originatorHash(flow), responderHash(flow))
    const key = mix(pair, isSilent ? flow.responderPort : flow.responderPort + 65536)
    let client = this.#clients.get(key)
    if (client === undefined) {
      if (this.#rates.count(key, flow.startUs) < WATCH_FROM) return
      client = this.#clients.watch(key, new ConnectionClient(flow, isSilent, this.#config))
    }
    client.connection(flow)
  }

  tick(nowUs: number): void {
    this.#clients.tick(nowUs)
  }

  end(nowUs: number): void {
    this.#clients.end(nowUs)
  }

  forgotten(): number {
    return this.#clients.forgotten
  }
}

/** The handshake was completed: a SYN-ACK, and more than a SYN or a reset in return. */
function wasOpened(flow: LiveFlow): boolean {
  if ((flow.openingTcpFlags & TcpFlag.SYN) === 0) return false
  if ((flow.responderTcpFlags & TcpFlag.SYN) === 0) return false
  return (flow.originatorTcpFlags & TcpFlag.ACK) !== 0 && flow.originatorPackets >= 2
}
