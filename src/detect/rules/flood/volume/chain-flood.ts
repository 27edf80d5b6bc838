/**
 * Detects floods of IPv6 packets whose extension headers never seem to end, which tire whoever must walk them
 * (thc-ipv6's denial6).
 *
 * No stack sends more than a handful of headers, and hardly anything comes behind a chain that cannot be walked:
 * few such packets are a flood.
 * Source: RFC 7112, RFC 9098 §6.
 */
import { malformedIndex } from '../../../../decode/malformed.ts'
import type { Packet } from '../../../../decode/packet.ts'
import type { Detector, Emit, Memory } from '../../../detector.ts'
import { destinationHash } from '../../state/packet-address.ts'
import { HostRates } from '../../state/watch/host-rates.ts'
import { WatchedHosts } from '../../state/watch/watched-hosts.ts'
import type { StrayFloodConfig } from '../config.ts'
import { PacketVictim, type Stuff } from './packet-victim.ts'

const BAD_CHAIN = malformedIndex('ipv6-extension')

/** Packets within two seconds from which a host is watched. */
const WATCH_FROM = 20

const CHAINS: Stuff = {
  kind: 'flood.ip',
  detector: 'stray-flood',
  noun: 'IPv6 packet with an endless chain of headers',
  minPackets: 100,
  mitre: ['T1498.001', 'T1499.004'],
  maxSeverity: 7,
}

export class ChainFlood implements Detector {
  readonly name = 'chain-flood'
  readonly watches = ['other'] as const
  readonly memories: readonly Memory[]
  readonly #rates = new HostRates()
  readonly #victims: WatchedHosts<PacketVictim>

  constructor(config: StrayFloodConfig, emit: Emit) {
    this.#victims = new WatchedHosts(config.maxVictims, emit)
    this.memories = [this.#victims]
  }

  packet(packet: Packet): void {
    if (packet.malformed !== BAD_CHAIN) return
    const host = destinationHash(packet)
    let victim = this.#victims.get(host)
    if (victim === undefined) {
      if (this.#rates.count(host, packet.timestampUs) < WATCH_FROM) return
      victim = this.#victims.watch(host, new PacketVictim(CHAINS, packet))
    }
    victim.add(packet)
    this.#victims.noted(victim, packet.timestampUs)
  }
}
