/**
 * Detects a server that is made to reflect: one address asks it the same kind of thing over and over, and
 * the answers hold many times what the questions did. Whose address it is did most likely not ask.
 *
 * Watches ended flows of services that amplify. Left out: SNMP, where a collector that walks a table looks
 * the same; TFTP, which answers from another port.
 */
import type { LiveFlow } from '../../../flow/flow.ts'
import { IpProtocol } from '../../../net/protocol.ts'
import type { Detector, Emit } from '../../detector.ts'
import { originatorHash, responderHash } from '../state/packet-address.ts'
import { mix } from '../state/pair-key.ts'
import { WatchedHosts } from '../state/watch/watched-hosts.ts'
import type { MisusedReflectorConfig } from './config.ts'
import { MisusedPair } from './misused-pair.ts'
import { SERVICE_OF_PORT, SERVICES } from '../state/amplifiers.ts'

/** Answers must outweigh questions by half of what is asked of the whole before a pair is watched at all. */
const FIRST_SHARE = 0.5

/** Ports of services where ordinary use amplifies as much. */
const ORDINARY = new Set([161, 69, 27015, 27960])

export class MisusedReflector implements Detector {
  readonly name = 'misused-reflector'
  readonly #config: MisusedReflectorConfig
  readonly #pairs: WatchedHosts<MisusedPair>

  constructor(config: MisusedReflectorConfig, emit: Emit) {
    this.#config = config
    this.#pairs = new WatchedHosts(config.maxPairs, emit)
  }

  flowEnded(flow: LiveFlow): void {
    if (flow.protocol !== IpProtocol.UDP || flow.responderPackets === 0) return
    const asked = SERVICE_OF_PORT[flow.responderPort]!
    if (asked === 0 || ORDINARY.has(flow.responderPort)) return
    const factor = flow.responderPayloadBytes / Math.max(1, flow.originatorPayloadBytes)
    if (factor < this.#config.minFactor * FIRST_SHARE) return
    const key = mix(mix(originatorHash(flow), responderHash(flow)), asked)
    const pair = this.#pairs.get(key)
    if (pair !== undefined) pair.add(flow)
    else this.#pairs.watch(key, new MisusedPair(SERVICES[asked - 1]!, flow, this.#config))
  }

  tick(nowUs: number): void {
    this.#pairs.tick(nowUs)
  }

  end(nowUs: number): void {
    this.#pairs.end(nowUs)
  }

  forgotten(): number {
    return this.#pairs.forgotten
  }
}
