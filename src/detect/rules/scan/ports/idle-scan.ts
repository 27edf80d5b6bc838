/**
 * Detects idle scans: somebody sends a host SYN-ACKs out of nothing, again and again to one port, to read from the
 * numbers of its resets how many packets it sent in between, while it is made to look like the scanner of another.
 *
 * What a forged flood's victim sends back comes from one port of its own to many of others; this comes from many
 * ports to one. Whom the host in the middle tries meanwhile is named as a victim too.
 * Source: antirez, new TCP scan method (Bugtraq, 1998); nmap's reference guide, -sI.
 */
import { IpProtocol, TcpFlag } from '../../../../net/protocol.ts'
import type { LiveFlow } from '../../../../flow/flow.ts'
import type { Detector, Emit, Memory } from '../../../detector.ts'
import type { Row } from '../../state/tables/capped-table.ts'
import { FadingTable } from '../../state/tables/fading-table.ts'
import { pairKey } from '../../state/pair-key.ts'
import { PortSet } from '../../state/port-set.ts'
import { Stories, type Suspect, type Telling } from '../../state/stories.ts'
import { confidenceOf, counted, spanOf } from '../../state/wording.ts'
import type { PortScanConfig } from '../config.ts'

const MAX_PROBERS = 1024
const SYN_ACK = TcpFlag.SYN | TcpFlag.ACK
/** nmap asks six times before it begins. */
const MIN_PROBES = 5
const MIN_PORTS = 3
const MAX_VICTIMS = 32

interface Prober extends Suspect {
  readonly attacker: string
  readonly zombie: string
  readonly port: number
  readonly from: PortSet
  readonly victims: Set<string>
}

/** A host that is asked for its numbers. */
interface Zombie extends Row {
  readonly prober: Prober
}

export class IdleScan implements Detector {
  readonly name = 'idle-scan'
  readonly memories: readonly Memory[]
  readonly #stories: Stories<Prober>
  readonly #zombies: FadingTable<Zombie>

  constructor({ forgetAfterSeconds }: PortScanConfig, emit: Emit) {
    const forgetAfterUs = forgetAfterSeconds * 1e6
    this.#zombies = new FadingTable(MAX_PROBERS, forgetAfterUs)
    this.#stories = new Stories<Prober>({
      detector: this.name,
      family: 'scan',
      cap: MAX_PROBERS,
      forgetAfterUs,
      emit,
      tell,
    })
    this.memories = [this.#stories, this.#zombies]
  }

  flowOpened(flow: LiveFlow): void {
    if (this.#zombies.size === 0 || flow.protocol !== IpProtocol.TCP) return
    if ((flow.openingTcpFlags & SYN_ACK) === TcpFlag.SYN) this.#tries(flow)
  }

  flowEnded(flow: LiveFlow): void {
    if (flow.protocol !== IpProtocol.TCP) return
    // Who sends a SYN-ACK is the flow's responder, also where no SYN was seen.
    if ((flow.openingTcpFlags & SYN_ACK) === SYN_ACK && wasOnlyReset(flow)) this.#probes(flow)
  }

  #probes(flow: LiveFlow): void {
    const nowUs = flow.lastUs
    const key = pairKey(flow.responderKey, flow.originatorKey, flow.originatorPort)
    const prober =
      this.#stories.get(key) ??
      this.#stories.add(key, {
        ...{ firstUs: nowUs, lastUs: nowUs, count: 0, story: null },
        ...{ attacker: flow.responderAddress(), zombie: flow.originatorAddress() },
        ...{ port: flow.originatorPort, from: new PortSet(), victims: new Set() },
      })
    prober.lastUs = Math.max(prober.lastUs, nowUs)
    prober.count += 1
    prober.from.add(flow.responderPort)
    if (prober.from.size < MIN_PORTS || prober.count < MIN_PROBES) return
    this.#zombies.set(flow.originatorKey, { prober, lastUs: nowUs })
    this.#stories.tell(prober, nowUs)
    prober.story?.addFlow(flow)
  }

  /** The host in the middle tries a port, or is made to look so. */
  #tries(flow: LiveFlow): void {
    const zombie = this.#zombies.get(flow.originatorKey)
    if (zombie === undefined || zombie.prober.victims.size >= MAX_VICTIMS) return
    if (flow.originatorPort === zombie.prober.port)
      zombie.prober.victims.add(flow.responderAddress())
  }
}

/** The host said nothing but that it knows of no such connection. */
function wasOnlyReset(flow: LiveFlow): boolean {
  const { originatorTcpFlags: flags, originatorPayloadBytes, responderPayloadBytes } = flow
  if ((flags & TcpFlag.RST) === 0 || (flags & TcpFlag.SYN) !== 0) return false
  return originatorPayloadBytes + responderPayloadBytes === 0
}

function tell({ attacker, zombie, victims, port, count, firstUs, lastUs }: Prober): Telling {
  return {
    kind: 'scan.idle',
    severity: 5,
    confidence: confidenceOf(0.75, count - MIN_PROBES, 8),
    attacker,
    victims: [zombie, ...victims],
    summary: `${attacker} reads the numbers of ${zombie} by ${counted(count, 'SYN-ACK')} to its port ${port} that nobody asked for, in ${spanOf(lastUs - firstUs)}: an idle scan in the name of ${zombie}`,
    reasons: [{ feature: 'unaskedSynAcks', value: count, baseline: 0, weight: 1 }],
    mitre: ['T1046'],
  }
}
