/**
 * Detects slow HTTP: one client holds a server's places by requests that never end or answers never taken.
 *
 * Watches ended flows (slow heads and bodies: Slowloris, R.U.D.Y.) and bare segments with a window of 0 (slow
 * reading), by how many connections of one client to one port do so, or of many clients of a few each. Connections
 * in which nothing is ever said count half. Within TLS requests cannot be read: there the server's side of all connections is as long, since it never answers.
 * Source: Cambiaso et al., Slow DoS attacks: definition and categorisation (2013).
 */
import { PacketKind, type Packet } from '../../../../../decode/packet.ts'
import { APPLICATIONS, type LiveFlow } from '../../../../../flow/flow.ts'
import { IpProtocol, TcpFlag } from '../../../../../net/protocol.ts'
import type { Detector, Emit, Memory } from '../../../../detector.ts'
import {
  destinationAddress,
  destinationHash,
  originatorHash,
  responderHash,
  sourceAddress,
  sourceHash,
} from '../../../state/packet-address.ts'
import { isWebPort } from '../../../c2/signs/ports.ts'
import { mix } from '../../../state/pair-key.ts'
import { HostRates } from '../../../state/watch/host-rates.ts'
import { WatchedHosts } from '../../../state/watch/watched-hosts.ts'
import type { SlowHttpConfig } from '../../config.ts'
import { Held, SlowClient } from './slow-client.ts'

const UNKNOWN = 0
const HTTP = APPLICATIONS.indexOf('http')
const TLS = APPLICATIONS.indexOf('tls')
/** Keys of what is counted for a server, whoever its clients are. */
const OF_SERVER = 65_536

/** A request that is not whole after this long is not meant to become so. */
const SLOW_US = 5_000_000
/** Heads and trickled bodies are small; an upload that takes long is not. */
const MAX_REQUEST_BYTES = 16384
/** An error page at most: 400, 408 or 503, when the server loses patience. */
const MAX_ANSWER_BYTES = 1024
/** Where nothing that is said is HTTP, it is held open by a byte now and then (Xerxes), and no answer comes. */
const MOST_TRICKLED = 64

/** A handshake and its certificates. */
const MAX_HANDSHAKE_BYTES = 12_288
/** Of TLS's handshake, and three pieces of a request. */
const MIN_SEALED_PACKETS = 8
/** SYN, ACK, a first piece and two more: a request that waits for its answer is sent in one or two. */
const MIN_PACKETS = 5
/** Pieces of an upload over a bad line come closer together than this. */
const MIN_GAP_US = 200_000

/** Segments with a window of 0 within two seconds from which a client is watched. */
const WATCH_FROM = 20

export class SlowHttp implements Detector {
  readonly name = 'slow-http'
  readonly watches = ['tcp-bare'] as const
  readonly memories: readonly Memory[]
  readonly #config: SlowHttpConfig
  readonly #rates = new HostRates()
  readonly #clients: WatchedHosts<SlowClient>

  constructor(config: SlowHttpConfig, emit: Emit) {
    this.#config = config
    this.#clients = new WatchedHosts(config.maxClients, emit)
    this.memories = [this.#clients]
  }

  packet(packet: Packet): void {
    if (packet.tcpWindow !== 0 || packet.tcpFlags !== TcpFlag.ACK) return
    if (packet.kind !== PacketKind.IP || packet.isLaterFragment) return
    const pair = mix(sourceHash(packet), destinationHash(packet))
    const key = mix(pair, packet.destinationPort)
    const nowUs = packet.timestampUs
    let client = this.#clients.get(key)
    if (client === undefined) {
      if (this.#rates.count(key, nowUs) < WATCH_FROM) return
      const [one, other] = [sourceAddress(packet), destinationAddress(packet)]
      client = this.#watch(key, one, other, packet.destinationPort)
    }
    client.stalled(packet.sourcePort, nowUs)
  }

  flowEnded(flow: LiveFlow): void {
    const isSilent = isHeldInSilence(flow)
    if (!isSilent) {
      if (flow.application !== HTTP && flow.application !== TLS && !isTrickle(flow)) return
      if (!isSlow(flow)) return
    }
    const source = originatorHash(flow)
    const server = responderHash(flow)
    const key = mix(mix(source, server), flow.responderPort)
    const ends = [flow.responderAddress(), flow.responderPort] as const
    const client = this.#clients.get(key) ?? this.#watch(key, flow.originatorAddress(), ...ends)
    const how = isSilent ? Held.SILENT : flow.application === TLS ? Held.SEALED : Held.CLEAR
    client.unfinished(flow, source, how)
    if (client.story !== null) return
    const all = mix(server, flow.responderPort + OF_SERVER)
    const clients = this.#clients.get(all) ?? this.#watch(all, null, ...ends)
    clients.unfinished(flow, source, how)
  }

  #watch(key: number, client: string | null, server: string, port: number): SlowClient {
    return this.#clients.watch(key, new SlowClient({ client, server, port }, this.#config))
  }
}

/** Opened at a port of the web, and left so: neither side said anything, nor ended it. */
function isHeldInSilence(flow: LiveFlow): boolean {
  if (flow.protocol !== IpProtocol.TCP || !isWebPort(flow.responderPort)) return false
  if (flow.originatorPayloadBytes > 0 || flow.responderPayloadBytes > 0) return false
  const said = flow.originatorTcpFlags | flow.responderTcpFlags
  if ((said & (TcpFlag.FIN | TcpFlag.RST)) !== 0 || flow.originatorPackets < 2) return false
  return (
    (flow.responderTcpFlags & TcpFlag.SYN) !== 0 && (flow.originatorTcpFlags & TcpFlag.ACK) !== 0
  )
}

/** A few bytes to a port of the web that are no request, and brought no answer though the server is heard. */
function isTrickle(flow: LiveFlow): boolean {
  if (flow.application !== UNKNOWN || !isWebPort(flow.responderPort)) return false
  if (flow.responderPackets === 0 || flow.responderPayloadBytes > 0) return false
  return flow.originatorPayloadBytes <= MOST_TRICKLED
}

function isSlow(flow: LiveFlow): boolean {
  if (flow.protocol !== IpProtocol.TCP || flow.lastUs - flow.startUs < SLOW_US) return false
  const isSealed = flow.application === TLS
  const leastPackets = isSealed ? MIN_SEALED_PACKETS : MIN_PACKETS
  if (flow.originatorPackets < leastPackets || flow.gapMeanUs < MIN_GAP_US) return false
  if (flow.originatorPayloadBytes === 0) return false
  return (
    flow.originatorPayloadBytes <= MAX_REQUEST_BYTES &&
    flow.responderPayloadBytes <= (isSealed ? MAX_HANDSHAKE_BYTES : MAX_ANSWER_BYTES)
  )
}
