/**
 * Detects floods of DHCP and DHCPv6: a segment's leases are asked for by clients that do not exist.
 *
 * Watches packets to the servers' ports, since a flood by broadcast is one flow. Whoever relays (RFC 2131
 * §4.1, giaddr) or renews (ciaddr) is taken for a large network's ordinary traffic up to ten times as much.
 * A room full of clients that start at once is told from clients that do not exist by what they do with their
 * leases. Left out: who sends it; made-up clients have neither address nor, mostly, a link address of their own.
 * Source: RFC 2131 §2 (the message), RFC 8415 §7.3 (types).
 */
import { PacketKind, type Packet } from '../../../../decode/packet.ts'
import type { Detector, Emit, Memory } from '../../../detector.ts'
import { destinationHash, sourceAddress, sourceHash } from '../../state/packet-address.ts'
import { mix } from '../../state/pair-key.ts'
import { WatchedHosts } from '../../state/watch/watched-hosts.ts'
import type { DhcpFloodConfig } from '../config.ts'
import { DhcpVictim, PATIENCE_US } from './dhcp-victim.ts'

const SERVER_PORT = 67
const SERVER_PORT_V6 = 547

/** Where fields stand in a message of DHCPv4. */
const OPERATION = 0
const CLIENT_ADDRESS = 12
const RELAY_ADDRESS = 24
const CLIENT_HARDWARE = 28
const MINIMUM_LENGTH = 34
const BOOT_REQUEST = 1
const BOOT_REPLY = 2

const SOLICIT = 1
const REQUEST = 3

/** Networks of so many segments do not lie on one link. */
const MAX_DESTINATIONS = 64

export class DhcpFlood implements Detector {
  readonly name = 'dhcp-flood'
  readonly watches = ['udp', 'arp'] as const
  readonly memories: readonly Memory[]
  readonly #config: DhcpFloodConfig
  readonly #victims: WatchedHosts<DhcpVictim>
  #server: string | null = null

  constructor(config: DhcpFloodConfig, emit: Emit) {
    this.#config = config
    this.#victims = new WatchedHosts(MAX_DESTINATIONS, emit)
    this.memories = [this.#victims]
  }

  packet(packet: Packet): void {
    if (packet.kind === PacketKind.ARP) {
      this.#hear(packet)
      return
    }
    const port = packet.destinationPort
    if (port !== SERVER_PORT && port !== SERVER_PORT_V6 && packet.sourcePort !== SERVER_PORT) return
    if (packet.kind !== PacketKind.IP || packet.isLaterFragment) return
    if (port === SERVER_PORT_V6) this.#messageV6(packet)
    else if (packet.payloadCaptured >= MINIMUM_LENGTH) this.#message(packet)
  }

  end(nowUs: number): void {
    // Who has not spoken by now never will.
    this.#victims.end(nowUs + PATIENCE_US)
  }

  /** Any other word of a card, while leases are asked for. */
  #hear(packet: Packet): void {
    for (const victim of this.#victims.values()) victim.speaks(packet.sourceMac)
  }

  #message(packet: Packet): void {
    const { buffer, payloadOffset: at } = packet
    const operation = buffer[at + OPERATION]
    if (operation === BOOT_REPLY && this.#victims.size > 0) this.#server = sourceAddress(packet)
    if (operation !== BOOT_REQUEST || packet.destinationPort !== SERVER_PORT) return
    const isOrdinary =
      wordAt(buffer, at + CLIENT_ADDRESS) !== 0 || wordAt(buffer, at + RELAY_ADDRESS) !== 0
    const high = (buffer[at + CLIENT_HARDWARE]! << 8) | buffer[at + CLIENT_HARDWARE + 1]!
    const client = mix(mix(1, high), wordAt(buffer, at + CLIENT_HARDWARE + 2))
    this.#count(packet, client, isOrdinary)
  }

  #messageV6(packet: Packet): void {
    if (packet.payloadCaptured < 4) return
    const type = packet.buffer[packet.payloadOffset]
    if (type === SOLICIT || type === REQUEST) this.#count(packet, sourceHash(packet), false)
  }

  #count(packet: Packet, client: number, isOrdinary: boolean): void {
    const key = mix(destinationHash(packet), isOrdinary ? 1 : 0)
    const victim =
      this.#victims.get(key) ??
      this.#victims.watch(key, new DhcpVictim(packet, this.#config, isOrdinary))
    victim.message(packet, client, this.#server)
    this.#victims.noted(victim, packet.timestampUs)
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
}
