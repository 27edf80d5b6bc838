/** Detects ARP sweeps: one host asking by broadcast for many addresses within seconds. */
import { formatIpv4Word } from '../../../net/address.ts'
import { PacketKind, type Packet } from '../../../decode/packet.ts'
import type { Detector, Emit } from '../../detector.ts'
import { AddressAskers } from './address-askers.ts'
import type { SweepConfig } from './config.ts'

const ARP_REQUEST = 1
const BROADCAST_MAC = 0xffffffffffff

export class ArpSweep implements Detector {
  readonly name = 'arp-sweep'
  readonly watches = ['arp'] as const
  readonly #askers: AddressAskers

  constructor(config: SweepConfig, emit: Emit) {
    this.#askers = new AddressAskers(config, emit, { kind: 'sweep.arp', name: 'ARP' })
  }

  packet(packet: Packet): void {
    if (packet.kind !== PacketKind.ARP || packet.arpOperation !== ARP_REQUEST) return
    const sender = packet.source3 >>> 0
    const target = packet.destination3 >>> 0
    // Unicast polls keep known neighbours; a sender of 0 or of the target itself announces or probes (RFC 5227).
    if (sender === 0 || sender === target) return
    if (packet.destinationMac !== BROADCAST_MAC && packet.destinationMac !== 0) return
    const { vlan, timestampUs: nowUs } = packet
    this.#askers.asks({ sender, vlan, target, nowUs }, () => formatIpv4Word(sender), formatIpv4Word)
  }

  tick(nowUs: number): void {
    this.#askers.tick(nowUs)
  }

  end(): void {
    this.#askers.end()
  }

  forgotten(): number {
    return this.#askers.forgotten()
  }
}
