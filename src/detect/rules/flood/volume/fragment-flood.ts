/**
 * Detects floods of fragments that belong to nothing: later pieces whose first piece never came.
 *
 * Pieces of whole packets are counted for what they are pieces of. Left out: ICMP, whose flood detector
 * counts fragments too.
 */
import { PacketKind, type Packet } from '../../../../decode/packet.ts'
import { IpProtocol } from '../../../../net/protocol.ts'
import type { Detector, Emit, Memory } from '../../../detector.ts'
import { destinationHash } from '../../state/packet-address.ts'
import { HostRates } from '../../state/watch/host-rates.ts'
import { WatchedHosts } from '../../state/watch/watched-hosts.ts'
import type { FragmentFloodConfig } from '../config.ts'
import { PacketVictim, type Stuff } from './packet-victim.ts'

/** Pieces within two seconds from which a host is watched. */
const WATCH_FROM = 40

export class FragmentFlood implements Detector {
  readonly name = 'fragment-flood'
  readonly watches = ['fragment'] as const
  readonly memories: readonly Memory[]
  readonly #rates = new HostRates()
  readonly #victims: WatchedHosts<PacketVictim>
  readonly #stuff: Stuff

  constructor(config: FragmentFloodConfig, emit: Emit) {
    this.#victims = new WatchedHosts(config.maxVictims, emit)
    this.#stuff = {
      ...{ kind: 'flood.fragments', detector: this.name },
      noun: 'headless fragment',
      minPackets: config.minFragments,
      mitre: ['T1498.001'],
      maxSeverity: 7,
    }
    this.memories = [this.#victims]
  }

  packet(packet: Packet): void {
    if (!packet.isLaterFragment || packet.kind !== PacketKind.IP) return
    if (packet.sourcePort !== 0 || packet.destinationPort !== 0) return
    if (packet.protocol === IpProtocol.ICMP || packet.protocol === IpProtocol.ICMPV6) return
    const key = destinationHash(packet)
    let victim = this.#victims.get(key)
    if (victim === undefined) {
      if (this.#rates.count(key, packet.timestampUs) < WATCH_FROM) return
      victim = this.#victims.watch(key, new PacketVictim(this.#stuff, packet))
    }
    victim.add(packet)
  }
}
