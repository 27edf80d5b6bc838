/**
 * Notes who pings all IPv6 nodes of a link at once (alive6, nmap's multicast scripts): the sweep of a
 * network too large to be swept.
 *
 * One ping to all nodes is also what an administrator types, so it is no more than notable; pings of
 * several makes, which provoke those who do not answer the plain one, are a tool's.
 * Source: RFC 4443 §2.4 (e.3) and van Hauser's THC-IPv6.
 */
import { IpProtocol } from '../../../../net/protocol.ts'
import type { LiveFlow } from '../../../../flow/flow.ts'
import type { Detector, Emit, Memory } from '../../../detector.ts'
import type { SweepConfig } from '../config.ts'
import type { Row } from '../../state/tables/capped-table.ts'
import { FadingTable } from '../../state/tables/fading-table.ts'
import { Story } from '../../state/story.ts'
import { counted } from '../../state/wording.ts'

const ECHO_REQUEST = 128
/** All nodes, of the interface, the link or the site (RFC 4291 §2.7.1). */
const ALL_NODES: readonly string[] = ['ff01::1', 'ff02::1', 'ff05::1']
const MAX_PINGERS = 512

interface Pinger extends Row {
  readonly address: string
  readonly story: Story
  pings: number
  isMixed: boolean
}

export class MulticastEcho implements Detector {
  readonly name = 'multicast-echo'
  readonly memories: readonly Memory[]
  readonly #emit: Emit
  readonly #pingers: FadingTable<Pinger>

  constructor(config: SweepConfig, emit: Emit) {
    this.#emit = emit
    this.#pingers = new FadingTable(MAX_PINGERS, config.forgetAfterSeconds * 1e6)
    this.memories = [this.#pingers]
  }

  flowEnded(flow: LiveFlow): void {
    if (flow.protocol !== IpProtocol.ICMPV6 || flow.originatorPort !== ECHO_REQUEST) return
    const group = flow.responderAddress()
    if (!ALL_NODES.includes(group)) return
    let pinger = this.#pingers.get(flow.originatorKey)
    if (pinger === undefined) {
      const story = new Story(flow.startUs, flow.lastUs)
      story.addVictim(group)
      const address = flow.originatorAddress()
      pinger = { address, story, lastUs: flow.lastUs, pings: 0, isMixed: false }
      this.#pingers.set(flow.originatorKey, pinger)
    }
    pinger.lastUs = Math.max(pinger.lastUs, flow.lastUs)
    pinger.pings += flow.originatorPackets
    pinger.isMixed ||= flow.packetSizeMin !== flow.packetSizeMax
    pinger.story.addFlow(flow)
    if (pinger.story.isDue(pinger.pings, flow.lastUs)) this.#tell(pinger, group)
  }

  #tell(pinger: Pinger, group: string): void {
    const { story, pings, isMixed } = pinger
    story.told(pings, pinger.lastUs)
    this.#emit({
      id: story.id,
      detector: 'sweep',
      kind: 'sweep.multicast-echo',
      family: 'sweep',
      severity: isMixed ? 4 : 3,
      confidence: isMixed ? 0.9 : 0.6,
      attacker: pinger.address,
      victims: [...story.victims],
      host: null,
      domain: null,
      firstSeenUs: story.firstUs,
      lastSeenUs: pinger.lastUs,
      count: pings,
      summary: `${pinger.address} pinged all nodes of its link at once (${group}, ${counted(pings, 'ping')}${isMixed ? ' of several makes' : ''})`,
      reasons: [{ feature: 'multicastPings', value: pings, baseline: 0, weight: 1 }],
      mitre: ['T1018'],
      flows: [...story.flows],
      port: story.port,
      isFinal: false,
    })
  }
}
