/**
 * Detects datagrams to the small services of a whole network in one host's name, which all of it answers (fraggle).
 *
 * Source: CERT CA-1996-01; RFC 2644.
 */
import { PacketKind, type Packet } from '../../../../decode/packet.ts'
import type { Detector, Emit, Memory } from '../../../detector.ts'
import { sourceHash } from '../../state/packet-address.ts'
import { HostRates } from '../../state/watch/host-rates.ts'
import { WatchedHosts } from '../../state/watch/watched-hosts.ts'
import type { FraggleConfig } from '../config.ts'
import { PacketVictim, type Stuff } from './packet-victim.ts'

/** Datagrams within two seconds from which a name is watched. */
const WATCH_FROM = 20
/** Echo, daytime, quote of the day, chargen, time (RFC 862 to 868). */
const SMALL_SERVICES: ReadonlySet<number> = new Set([7, 13, 17, 19, 37])
const BROADCAST_MAC = 0xffffffffffff

export class Fraggle implements Detector {
  readonly name = 'fraggle'
  readonly watches = ['udp'] as const
  readonly memories: readonly Memory[]
  readonly #rates = new HostRates()
  readonly #victims: WatchedHosts<PacketVictim>
  readonly #stuff: Stuff

  constructor({ minDatagrams, maxVictims }: FraggleConfig, emit: Emit) {
    this.#victims = new WatchedHosts(maxVictims, emit)
    this.#stuff = {
      ...{ kind: 'amplification.fraggle', detector: this.name, noun: 'datagram' },
      ...{ minPackets: minDatagrams, mitre: ['T1498.002'], maxSeverity: 7, isReflected: true },
    }
    this.memories = [this.#victims]
  }

  packet(packet: Packet): void {
    if (!SMALL_SERVICES.has(packet.destinationPort) || packet.kind !== PacketKind.IP) return
    if (!isToNetwork(packet)) return
    const key = sourceHash(packet)
    let victim = this.#victims.get(key)
    if (victim === undefined) {
      if (this.#rates.count(key, packet.timestampUs) < WATCH_FROM) return
      victim = this.#victims.watch(key, new PacketVictim(this.#stuff, packet))
    }
    victim.add(packet)
    this.#victims.noted(victim, packet.timestampUs)
  }
}

/** To a group, to all of a link, or to what is the last address of most networks. */
function isToNetwork(packet: Packet): boolean {
  if (packet.ipVersion === 6) return packet.destination0 >>> 24 === 0xff
  const last = packet.destination3 & 0xff
  return packet.destinationMac === BROADCAST_MAC || last === 0xff || packet.destination3 >>> 28 > 13
}
