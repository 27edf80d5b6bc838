/**
 * Detects sweeps of an IPv6 link: one host soliciting many neighbours within seconds (RFC 4861 §7.2.2).
 *
 * A solicitation goes to a multicast group that the target's last 24 bits choose (RFC 4291 §2.7.1), so that
 * the groups tell the targets apart; their names are not read.
 *
 * A router solicits whomever a packet from elsewhere is for: one that says it is a router is made to ask, and its
 * cache of neighbours is what suffers (RFC 6583 §3).
 */
import { IpProtocol } from '../../../../net/protocol.ts'
import type { LiveFlow } from '../../../../flow/flow.ts'
import type { Detector, Emit, Memory } from '../../../detector.ts'
import type { Row } from '../../state/tables/capped-table.ts'
import { FadingTable } from '../../state/tables/fading-table.ts'
import { isToMany } from '../../state/packet-address.ts'
import { AddressAskers } from '../address-askers.ts'
import type { SweepConfig } from '../config.ts'

const ECHO_REQUEST = 128
const NEIGHBOUR_SOLICITATION = 135
const ROUTER_ADVERTISEMENT = 134
const MAX_ROUTERS = 64
/** No router keeps silent for longer (RFC 4861 §6.2.1, AdvDefaultLifetime). */
const FORGET_ROUTER_US = 9_000_000_000
const SOLICITED_NODE = 'ff02::1:ff'
const UNSPECIFIED = '::'
const OWN_BITS = 0xff_ffff

export class NeighbourSweep implements Detector {
  readonly name = 'neighbour-sweep'
  readonly memories: readonly Memory[]
  readonly #askers: AddressAskers
  readonly #routers = new FadingTable<Row>(MAX_ROUTERS, FORGET_ROUTER_US)

  constructor(config: SweepConfig, emit: Emit) {
    const means = { kind: 'sweep.nd', name: 'neighbour discovery' } as const
    this.#askers = new AddressAskers(config, emit, means)
    this.memories = [this.#askers, this.#routers]
  }

  flowOpened(flow: LiveFlow): void {
    if (flow.ipVersion !== 6) return
    if (flow.protocol !== IpProtocol.ICMPV6 || flow.originatorPort === ECHO_REQUEST) {
      if (!isToMany(flow)) this.#askers.reaches(flow.originatorKey, flow.vlan, lastBitsOf(flow))
      return
    }
    if (flow.originatorPort === ROUTER_ADVERTISEMENT) {
      this.#routers.set(flow.originatorKey, { lastUs: flow.lastUs })
    }
    if (flow.originatorPort !== NEIGHBOUR_SOLICITATION) return
    // Polls of known neighbours are unicast; without a source an address is only tested (RFC 4862 §5.4).
    if (!flow.responderAddress().startsWith(SOLICITED_NODE)) return
    const sender = flow.originatorAddress()
    if (sender === UNSPECIFIED) return
    const question = {
      sender: flow.originatorKey,
      vlan: flow.vlan,
      target: lastBitsOf(flow),
      nowUs: flow.lastUs,
      isMadeToAsk: this.#routers.get(flow.originatorKey) !== undefined,
    }
    this.#askers.asks(
      question,
      () => sender,
      () => null,
    )
  }
}

const words = new Int32Array(8)

/** What an address and the group in which it is solicited have in common. */
function lastBitsOf(flow: LiveFlow): number {
  flow.copyAddresses(words, 0, 4)
  return words[7]! & OWN_BITS
}
