/**
 * Detects floods of connections and requests: one client completes thousands of connections that say nothing,
 * asks the same page each time anew, or shakes hands over TLS again and again.
 *
 * Watches ended flows whose handshake was seen, and requests as they are read. Left out: many clients of which
 * each does little, which is what a popular server looks like; what databases and caches are asked over
 * connections that last for one question; what a proxy is asked, and passes on.
 */
import { APPLICATIONS, type ApplicationFact, type LiveFlow } from '../../../../flow/flow.ts'
import { IpProtocol, TcpFlag } from '../../../../net/protocol.ts'
import type { Detector, Emit, Memory } from '../../../detector.ts'
import type { Row } from '../../state/tables/capped-table.ts'
import { FadingTable } from '../../state/tables/fading-table.ts'
import { originatorHash, responderHash } from '../../state/packet-address.ts'
import { mix } from '../../state/pair-key.ts'
import { HostRates } from '../../state/watch/host-rates.ts'
import { SlidingCounts } from '../../state/watch/sliding-counts.ts'
import { WatchedHosts } from '../../state/watch/watched-hosts.ts'
import type { ConnectionFloodConfig } from '../config.ts'
import { ConnectionClient, Does } from './connection-client.ts'

/** Connections or requests within two seconds from which a client is watched. */
const WATCH_FROM = 20

/** Servers whose requests are counted, and for how long after the last. */
const MAX_ASKED = 1024
const ASKED_US = 30_000_000

const TLS = APPLICATIONS.indexOf('tls')

/** A server, and how much it was asked of late. */
interface Asked extends Row {
  readonly requests: SlidingCounts
}

export class ConnectionFlood implements Detector {
  readonly name = 'connection-flood'
  readonly memories: readonly Memory[]
  readonly #config: ConnectionFloodConfig
  readonly #rates = new HostRates()
  readonly #clients: WatchedHosts<ConnectionClient>
  readonly #asked = new FadingTable<Asked>(MAX_ASKED, ASKED_US)

  constructor(config: ConnectionFloodConfig, emit: Emit) {
    this.#config = config
    this.#clients = new WatchedHosts(config.maxClients, emit)
    this.memories = [this.#clients, this.#asked]
  }

  flowSpoke(flow: LiveFlow, fact: ApplicationFact): void {
    if (fact.kind === 'http-request') {
      this.#countAsked(flow)
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
    return this.#clients.watch(
      key,
      new ConnectionClient(flow, does, this.#config, this.#askedOf(flow)),
    )
  }

  #countAsked(flow: LiveFlow): void {
    const key = responderHash(flow)
    let asked = this.#asked.get(key)
    if (asked === undefined) {
      asked = { lastUs: flow.lastUs, requests: new SlidingCounts(1) }
      this.#asked.set(key, asked)
    }
    asked.lastUs = Math.max(asked.lastUs, flow.lastUs)
    asked.requests.add(0, 1, flow.lastUs)
  }

  /** How much a client is asked itself, within the last ten seconds. */
  #askedOf(flow: LiveFlow): (nowUs: number) => number {
    const key = originatorHash(flow)
    return (nowUs) => this.#asked.get(key)?.requests.sum(0, nowUs) ?? 0
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
