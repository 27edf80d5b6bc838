/**
 * Lets the behaviour detectors watch packets that a test makes up, through the real decoder and flow table, on
 * the packets' own clock.
 */
import { LinkType } from '../../../src/capture/source.ts'
import { validateConfig } from '../../../src/config/index.ts'
import { Decoder, Packet } from '../../../src/decode/index.ts'
import type { Detection } from '../../../src/detect/detection.ts'
import type { Detector, Emit } from '../../../src/detect/detector.ts'
import { createDetectors } from '../../../src/detect/index.ts'
import { FlowTable } from '../../../src/flow/index.ts'
import { ipv4, ipv6 } from '../packets/ip-builder.ts'
import {
  arp,
  ethernet,
  frameOf,
  icmp,
  tcp,
  udp,
  type IpPayload,
  type LinkPayload,
  type TcpFields,
  type UdpFields,
} from '../packets/packet-builder.ts'

/** Where the made-up time begins: 2023-11-14T22:13:20Z. */
export const START_US = 1_700_000_000_000_000

const TICK_US = 1_000_000

/** The TCP options of a Linux socket's SYN: MSS, SACK, timestamps, NOP, window scale. */
const SOCKET_OPTIONS = new Uint8Array([
  2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7,
]) // prettier-ignore

export class WatchedTraffic {
  /** Every telling, in order. */
  readonly tellings: Detection[] = []
  /** The time of the next packet; tests move it on. */
  nowUs = START_US
  readonly #wrap: (payload: LinkPayload) => Uint8Array
  readonly #linkType: number
  readonly #snapBytes: number
  readonly #hears: (source: string) => boolean
  readonly #decoder = new Decoder()
  readonly #packet = new Packet()
  readonly #detectors
  readonly #table: FlowTable
  #nextTickUs = 0
  #sequence = 1000

  constructor(
    link: {
      wrap?: (payload: LinkPayload) => Uint8Array
      linkType?: number
      /** What the capture keeps of a frame. */
      snapBytes?: number
      /** Whose packets are captured, where not everybody's are. */
      hears?: (source: string) => boolean
      /** Detectors that know more than the configuration says. */
      knowing?: (emit: Emit) => readonly Detector[]
    } = {},
  ) {
    this.#wrap = link.wrap ?? ((payload) => ethernet(payload))
    this.#linkType = link.linkType ?? LinkType.ETHERNET
    this.#snapBytes = link.snapBytes ?? Number.POSITIVE_INFINITY
    this.#hears = link.hears ?? (() => true)
    const config = validateConfig({}, 'defaults')
    const emit: Emit = (telling) => this.tellings.push(telling)
    this.#detectors = createDetectors(config.detect, emit, link.knowing?.(emit))
    this.#table = new FlowTable(config.flow, this.#detectors)
  }

  /** Moves time on. */
  wait(us: number): void {
    this.nowUs += us
  }

  /** Sends any frame, and moves time on by `afterUs`. */
  frame(bytes: Uint8Array, afterUs = 1000): void {
    const fields = { timestampUs: this.nowUs, linkType: this.#linkType, wireLength: bytes.length }
    const frame = frameOf(bytes.subarray(0, this.#snapBytes), fields)
    this.#decoder.decode(frame, this.#packet)
    this.#tickUpTo(this.nowUs)
    this.#detectors.packet(this.#packet)
    this.#table.fold(this.#packet)
    this.nowUs += afterUs
  }

  /** Sends an IP packet between two addresses of one family. */
  send(source: string, destination: string, payload: IpPayload, afterUs = 1000): void {
    if (!this.#hears(source)) {
      this.nowUs += afterUs
      return
    }
    const addresses = { source, destination }
    const packet = source.includes(':') ? ipv6(addresses, payload) : ipv4(addresses, payload)
    this.frame(this.#wrap(packet), afterUs)
  }

  tcp(source: string, destination: string, fields: TcpFields, afterUs?: number): void {
    this.#sequence += 2000
    this.send(source, destination, tcp({ sequence: this.#sequence, ...fields }), afterUs)
  }

  udp(source: string, destination: string, fields: UdpFields, afterUs?: number): void {
    this.send(source, destination, udp(fields), afterUs)
  }

  /** A ping, answered or not. */
  ping(source: string, destination: string, isAnswered: boolean): void {
    this.send(source, destination, icmp({ type: 8, identifier: 7 }))
    if (isAnswered) this.send(destination, source, icmp({ type: 0, identifier: 7 }))
  }

  arpRequest(sender: string, target: string, afterUs?: number): void {
    const request = arp({ operation: 1, senderMac: '02:00:00:00:00:09', sender, target })
    this.frame(ethernet(request, { destination: 'ff:ff:ff:ff:ff:ff' }), afterUs)
  }

  /** A SYN as a program's socket sends it. */
  socketSyn(client: string, server: string, ports: Ports): void {
    this.tcp(client, server, { ...ports, flags: 'S', options: SOCKET_OPTIONS })
  }

  /** A whole TCP conversation: handshake, the given payload sizes (negative from the server), and FINs. */
  conversation(client: string, server: string, ports: Ports, sizes: readonly number[]): void {
    const back = { sourcePort: ports.destinationPort, destinationPort: ports.sourcePort }
    const next = { client: 5000, server: 9000 }
    this.tcp(client, server, { ...ports, flags: 'S', sequence: 4999, options: SOCKET_OPTIONS })
    this.tcp(server, client, { ...back, flags: 'SA', sequence: 8999, acknowledgement: 5000 })
    this.tcp(client, server, { ...ports, flags: 'A', sequence: 5000, acknowledgement: 9000 })
    for (const size of sizes) {
      const payload = new Uint8Array(Math.abs(size))
      if (size > 0) this.#say(client, server, { ...ports, sequence: next.client, payload })
      else this.#say(server, client, { ...back, sequence: next.server, payload })
      if (size > 0) next.client += size
      else next.server -= size
    }
    this.tcp(client, server, { ...ports, flags: 'FA', sequence: next.client })
    this.tcp(server, client, { ...back, flags: 'FA', sequence: next.server })
    this.tcp(client, server, { ...ports, flags: 'A', sequence: next.client + 1 })
  }

  /** Ends the capture; returns every story as it stood in the end, first told first. */
  end(): Detection[] {
    this.#table.end()
    this.#detectors.end(this.nowUs)
    return this.stories()
  }

  /** Every story as it stands now, first told first. */
  stories(): Detection[] {
    return [...new Map(this.tellings.map((telling) => [telling.id, telling])).values()]
  }

  /** Lets a silent link's time pass, with its ticks. */
  silence(us: number): void {
    const untilUs = this.nowUs + us
    while (this.nowUs < untilUs) {
      this.nowUs = Math.min(untilUs, this.nowUs + TICK_US)
      this.#tickUpTo(this.nowUs)
    }
  }

  #say(source: string, destination: string, fields: TcpFields): void {
    this.tcp(source, destination, { ...fields, flags: 'PA' })
  }

  #tickUpTo(nowUs: number): void {
    if (nowUs < this.#nextTickUs) return
    this.#nextTickUs = nowUs + TICK_US
    this.#table.advance(nowUs)
    this.#detectors.tick(nowUs)
  }
}

export interface Ports {
  readonly sourcePort: number
  readonly destinationPort: number
}
