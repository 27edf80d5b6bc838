/**
 * Detects clients that have a server agree on keys again and again over the same TLS connections (CVE-2011-1473):
 * each time costs the server far more than them.
 *
 * Told by segments that begin with a record of the handshake, which a connection sends a few of when it begins and,
 * where a certificate is asked for later, a few once more. TLS 1.3 knows no renegotiation.
 * Left out: which of the two agreed to it; a server that refuses ends the connection.
 */
import type { Packet } from '../../../../decode/packet.ts'
import type { Detector, Emit, Memory } from '../../../detector.ts'
import {
  destinationAddress,
  destinationHash,
  sourceAddress,
  sourceHash,
} from '../../state/packet-address.ts'
import { mix } from '../../state/pair-key.ts'
import { WatchedHosts } from '../../state/watch/watched-hosts.ts'
import type { RenegotiationFloodConfig } from '../config.ts'
import { Burden } from './burden.ts'

const HANDSHAKE = 0x16
const MAJOR_VERSION = 3
const HIGHEST_MINOR = 4
/** Type, version, length. */
const RECORD_HEADER = 5

const PLACES = 16_384
const WINDOW_US = 10_000_000
/** Segments of a handshake that one side of one connection may send within the window. */
const OF_A_HANDSHAKE = 12

export class RenegotiationFlood implements Detector {
  readonly name = 'renegotiation-flood'
  readonly watches = ['tcp-payload'] as const
  readonly memories: readonly Memory[]
  readonly #config: RenegotiationFloodConfig
  readonly #clients: WatchedHosts<Burden>
  /** Connections by hash: since when, and how many; a newer one takes the place of an older one. */
  readonly #hashes = new Int32Array(PLACES)
  readonly #sinceUs = new Float64Array(PLACES)
  readonly #counts = new Uint16Array(PLACES)

  constructor(config: RenegotiationFloodConfig, emit: Emit) {
    this.#config = config
    this.#clients = new WatchedHosts(config.maxClients, emit)
    this.memories = [this.#clients]
  }

  packet(packet: Packet): void {
    const { buffer, payloadOffset: at } = packet
    if (buffer[at] !== HANDSHAKE || packet.payloadCaptured < RECORD_HEADER) return
    if (buffer[at + 1] !== MAJOR_VERSION || buffer[at + 2]! > HIGHEST_MINOR) return
    // The server agrees as often as it is asked: one of the two is enough.
    if (packet.sourcePort <= packet.destinationPort) return
    const pair = mix(sourceHash(packet), destinationHash(packet))
    const key = mix(pair, packet.destinationPort)
    if (this.#isBeginning(mix(key, packet.sourcePort), packet.timestampUs)) return
    const client = this.#clients.get(key) ?? this.#clients.watch(key, this.#burden(packet))
    client.add(1, packet.timestampUs, null)
    this.#clients.noted(client, packet.timestampUs)
  }

  /** Counts a segment; says whether it may belong to a connection's first agreement. */
  #isBeginning(hash: number, nowUs: number): boolean {
    const place = hash & (PLACES - 1)
    if (this.#hashes[place] !== hash || Math.abs(nowUs - this.#sinceUs[place]!) > WINDOW_US) {
      this.#hashes[place] = hash
      this.#sinceUs[place] = nowUs
      this.#counts[place] = 0
    }
    this.#counts[place] = Math.min(this.#counts[place]! + 1, OF_A_HANDSHAKE + 1)
    return this.#counts[place] <= OF_A_HANDSHAKE
  }

  #burden(packet: Packet): Burden {
    return new Burden({
      ...{ detector: this.name, kind: 'flood.tls' },
      client: sourceAddress(packet),
      server: destinationAddress(packet),
      port: packet.destinationPort,
      minWork: this.#config.minSegments,
      feature: 'handshakesAnew',
      deed: 'segments of handshakes on connections whose handshake was over',
    })
  }
}
