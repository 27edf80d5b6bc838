/**
 * Detects vertical scans of which only the answers are captured: a host that refuses another, port after port.
 *
 * Nobody is refused who has not asked. A client's own ports are high ones: who breaks off many connections at once
 * is told from a scanned host by the well-known ports among those that refuse.
 * Left out: scans of high ports alone; ports that were found open; refusals by ICMP, see unreachable-scan.ts.
 */
import { IpProtocol, TcpFlag } from '../../../../net/protocol.ts'
import type { LiveFlow } from '../../../../flow/flow.ts'
import type { Detector, Emit, Memory } from '../../../detector.ts'
import { FirstLooks } from '../../state/tables/first-looks.ts'
import { pairKey } from '../../state/pair-key.ts'
import { PortSet } from '../../state/port-set.ts'
import { Stories, type Suspect, type Telling } from '../../state/stories.ts'
import { confidenceOf, counted, spanOf } from '../../state/wording.ts'
import type { PortScanConfig } from '../config.ts'
import { looksLikeAnswer } from '../probe.ts'

const PLACES = 16_384
const MAX_PAIRS = 1024
const WELL_KNOWN_PORTS = 1024
const MIN_WELL_KNOWN = 6

interface Refused extends Suspect {
  readonly scanner: string
  readonly host: string
  readonly ports: PortSet
  wellKnown: number
  /** Refusals that acknowledge: of a SYN, or of a segment without ACK. */
  acknowledging: number
}

export class AnsweredScan implements Detector {
  readonly name = 'answered-scan'
  readonly memories: readonly Memory[]
  readonly #minPorts: number
  readonly #looks: FirstLooks
  readonly #stories: Stories<Refused>

  constructor({ minPorts, forgetAfterSeconds }: PortScanConfig, emit: Emit) {
    const forgetAfterUs = forgetAfterSeconds * 1e6
    this.#minPorts = minPorts
    this.#looks = new FirstLooks(PLACES, forgetAfterUs)
    this.#stories = new Stories<Refused>({
      detector: this.name,
      family: 'scan',
      cap: MAX_PAIRS,
      forgetAfterUs,
      emit,
      tell: (refused) => tell(refused, minPorts),
    })
    this.memories = [this.#looks, this.#stories]
  }

  flowOpened(flow: LiveFlow): void {
    if (!isRefusal(flow)) return
    const key = pairKey(flow.originatorKey, flow.responderKey, 0)
    const refused = this.#stories.get(key) ?? this.#first(flow, key)
    if (refused === null) return
    refused.lastUs = Math.max(refused.lastUs, flow.lastUs)
    this.#add(refused, flow.originatorPort, flow.openingTcpFlags)
    if (refused.ports.size < this.#minPorts || refused.wellKnown < MIN_WELL_KNOWN) return
    this.#stories.tell(refused, flow.lastUs)
    refused.story?.addFlow(flow)
  }

  #first(flow: LiveFlow, key: number): Refused | null {
    const { originatorKey, responderKey, originatorPort, lastUs } = flow
    const place = this.#looks.note(originatorKey, responderKey, originatorPort, lastUs)
    if (place < 0) return null
    const { items, firstUs } = this.#looks.take(place)
    const refused = this.#stories.add(key, {
      ...{ firstUs, lastUs, count: 0, story: null, wellKnown: 0, acknowledging: 0 },
      ...{ scanner: flow.responderAddress(), host: flow.originatorAddress(), ports: new PortSet() },
    })
    for (const port of items) this.#add(refused, port, flow.openingTcpFlags)
    return refused
  }

  #add(refused: Refused, port: number, flags: number): void {
    if (!refused.ports.add(port)) return
    refused.count = refused.ports.size
    if (port < WELL_KNOWN_PORTS) refused.wellKnown += 1
    if ((flags & TcpFlag.ACK) !== 0) refused.acknowledging += 1
  }
}

/** A reset of what was not seen, from a service's port. */
function isRefusal(flow: LiveFlow): boolean {
  if (flow.protocol !== IpProtocol.TCP) return false
  const flags = flow.openingTcpFlags & ~TcpFlag.PSH
  if ((flags & ~TcpFlag.ACK) !== TcpFlag.RST) return false
  return flow.openingPayloadBytes === 0 && looksLikeAnswer(flow)
}

function tell(refused: Refused, minPorts: number): Telling {
  const { scanner, host, ports, acknowledging, firstUs, lastUs } = refused
  const isAcknowledging = acknowledging * 2 > ports.size
  return {
    kind: isAcknowledging ? 'scan.vertical.syn' : 'scan.vertical.ack',
    severity: 5,
    confidence: confidenceOf(0.75, ports.size - minPorts, 20),
    attacker: scanner,
    victims: [host],
    summary: `${host} refuses ${scanner} on ${counted(ports.size, 'port')} in ${spanOf(lastUs - firstUs)}, whose tries are not captured; ${minPorts} are enough for a scan`,
    reasons: [{ feature: 'refusingPorts', value: ports.size, baseline: minPorts, weight: 1 }],
    mitre: ['T1046', 'T1595.001'],
  }
}
