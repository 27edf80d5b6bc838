/**
 * Detects ARP sweeps: one host asking by broadcast for many addresses within seconds.
 *
 * The router of several networks on one link, as cable providers have them, asks for its customers all day, under
 * an address of its own in each: that is only noted. So does any that must answer hosts which spoke first; those are
 * no search.
 */
import { formatIpv4Word } from '../../../../net/address.ts'
import { PacketKind, type Packet } from '../../../../decode/packet.ts'
import type { Detector, Emit, Memory } from '../../../detector.ts'
import type { LiveFlow } from '../../../../flow/flow.ts'
import type { Row } from '../../state/tables/capped-table.ts'
import { FadingTable } from '../../state/tables/fading-table.ts'
import { ipv4Hash, originatorHash } from '../../state/packet-address.ts'
import { LastSigns } from '../../state/watch/last-signs.ts'
import { AddressAskers } from '../address-askers.ts'
import type { SweepConfig } from '../config.ts'

const ARP_REQUEST = 1
const BROADCAST_MAC = 0xffffffffffff
const MAX_CARDS = 1024
const NETWORK = 0xffffff00
/** Addresses of other networks under which one card asks that make a router of it. */
const NETWORKS = 3
const ASKS_WITHIN_US = 600_000_000
/** So long after its last flow began a host is asked for to be answered. */
const SPOKE_WITHIN_US = 60_000_000

/** The networks under whose addresses a card asks. */
interface Card extends Row {
  readonly networks: Set<number>
}

export class ArpSweep implements Detector {
  readonly name = 'arp-sweep'
  readonly watches = ['arp'] as const
  readonly memories: readonly Memory[]
  readonly #askers: AddressAskers
  readonly #speakers = new LastSigns()
  readonly #cards = new FadingTable<Card>(MAX_CARDS, ASKS_WITHIN_US)

  constructor(config: SweepConfig, emit: Emit) {
    this.#askers = new AddressAskers(config, emit, { kind: 'sweep.arp', name: 'ARP' })
    this.memories = [this.#askers, this.#cards]
  }

  flowOpened(flow: LiveFlow): void {
    if (flow.ipVersion !== 4) return
    this.#speakers.note(originatorHash(flow), flow.startUs)
    this.#askers.reaches(flow.originatorKey, flow.vlan, flow.responderKey)
  }

  packet(packet: Packet): void {
    if (packet.kind !== PacketKind.ARP || packet.arpOperation !== ARP_REQUEST) return
    const sender = packet.source3 >>> 0
    const target = packet.destination3 >>> 0
    // Unicast polls keep known neighbours; a sender of 0 or of the target itself announces or probes (RFC 5227).
    if (sender === 0 || sender === target) return
    if (packet.destinationMac !== BROADCAST_MAC && packet.destinationMac !== 0) return
    if (packet.isToUnnamedStation) return
    const { vlan, timestampUs: nowUs } = packet
    if (this.#speakers.isRecent(ipv4Hash(target), nowUs, SPOKE_WITHIN_US)) return
    const isRouter = this.#isRouter(packet, sender)
    const question = { sender, vlan, target, nowUs, isRouter }
    this.#askers.asks(question, () => formatIpv4Word(sender), formatIpv4Word)
  }

  #isRouter({ sourceMac, vlan, timestampUs: lastUs }: Packet, sender: number): boolean {
    if (sourceMac === 0) return false
    const key = sourceMac * 4096 + (vlan & 4095)
    const card = this.#cards.get(key) ?? { lastUs, networks: new Set<number>() }
    if (card.networks.size === 0) this.#cards.set(key, card)
    card.lastUs = Math.max(card.lastUs, lastUs)
    if (card.networks.size < NETWORKS) card.networks.add((sender & NETWORK) >>> 0)
    return card.networks.size >= NETWORKS
  }
}
