/**
 * Detects reflected TCP floods: SYN-ACKs and RSTs, from many servers, to a host that sent them no SYN.
 *
 * A capture of one direction shows no SYNs at all; there the connections go on after the SYN-ACK, while a
 * victim's never do.
 * Source: Kührer et al., Hell of a Handshake: Abusing TCP for Reflective Amplification (WOOT 2014).
 */
import { PacketKind, type Packet } from '../../../decode/packet.ts'
import type { LiveFlow } from '../../../flow/flow.ts'
import { IpProtocol, SIX_FLAGS, TcpFlag } from '../../../net/protocol.ts'
import type { Detector, Emit, Memory } from '../../detector.ts'
import type { TcpReflectionConfig } from './config.ts'
import {
  destinationHash,
  originatorHash,
  responderHash,
  sourceHash,
} from '../state/packet-address.ts'
import { mix } from '../state/pair-key.ts'
import { HostRates } from '../state/watch/host-rates.ts'
import { WatchedHosts } from '../state/watch/watched-hosts.ts'
import { TcpReflectionVictim } from './tcp-reflection-victim.ts'

/** Unasked answers within two seconds from which a host is watched. */
const WATCH_FROM = 30

const SYN_ACK = TcpFlag.SYN | TcpFlag.ACK

export class TcpReflection implements Detector {
  readonly name = 'tcp-reflection'
  readonly seesAbsorbed = true
  readonly watches = ['tcp-bare', 'tcp-payload'] as const
  readonly memories: readonly Memory[]
  readonly #config: TcpReflectionConfig
  readonly #rates = new HostRates()
  readonly #victims: WatchedHosts<TcpReflectionVictim>

  constructor(config: TcpReflectionConfig, emit: Emit) {
    this.#config = config
    this.#victims = new WatchedHosts(config.maxVictims, emit)
    this.memories = [this.#victims]
  }

  /** Only while somebody is watched: does a connection go on? */
  packet(packet: Packet): void {
    if (this.#victims.size === 0) return
    if (packet.kind !== PacketKind.IP || packet.isLaterFragment) return
    if ((packet.tcpFlags & (TcpFlag.SYN | TcpFlag.RST)) !== 0) return
    const victim = this.#victims.get(destinationHash(packet))
    if (victim === undefined) return
    victim.fates.goOn(endsHash(sourceHash(packet), packet.sourcePort, packet.destinationPort))
  }

  /** An answer that nobody asked for is one more, unless its victim goes on with it. */
  absorbs(flow: LiveFlow): boolean {
    if (this.#victims.size === 0 || (flow.openingTcpFlags & SIX_FLAGS) !== SYN_ACK) return false
    return this.#victims.get(originatorHash(flow))?.isTold === true
  }

  flowOpened(flow: LiveFlow): void {
    if (flow.protocol !== IpProtocol.TCP) return
    const flags = flow.openingTcpFlags
    // Who sends a SYN-ACK is the responder, also where its SYN was not seen.
    if ((flags & SYN_ACK) === SYN_ACK) this.#answer(flow, true)
    else if ((flags & TcpFlag.RST) !== 0) this.#answer(flow, false)
  }

  #answer(flow: LiveFlow, isSynAck: boolean): void {
    const key = isSynAck ? originatorHash(flow) : responderHash(flow)
    let victim = this.#victims.get(key)
    if (victim === undefined) {
      // What reflects more than it refuses is watched; RSTs alone are as often a scanner's answers.
      if (!isSynAck || this.#rates.count(key, flow.startUs) < WATCH_FROM) return
      victim = new TcpReflectionVictim(flow.originatorAddress(), this.#config)
      this.#victims.watch(key, victim)
    }
    const source = isSynAck ? responderHash(flow) : originatorHash(flow)
    victim.answer(flow, source, isSynAck)
    if (!isSynAck) return
    victim.fates.begin(endsHash(source, flow.responderPort, flow.originatorPort), flow.startUs)
  }
}

function endsHash(source: number, sourcePort: number, port: number): number {
  return mix(source, sourcePort * 65536 + port)
}
