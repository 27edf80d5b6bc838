/**
 * Detects TCP segments whose flags no stack sends, sent again and again to one port: SYN with FIN, FIN without
 * ACK, none at all, all of them. They slip past filters that look for a SYN, or try how a stack takes them.
 *
 * Watches how flows open. Several ports are a scan, several sorts a fingerprint; both are told as such.
 * Left out: such flags within a connection, where a damaged segment is as likely.
 * Source: RFC 9293 §3.10; Malan et al., Transport and Application Protocol Scrubbing (INFOCOM 2000).
 */
import type { LiveFlow } from '../../../flow/flow.ts'
import type { Detector, Emit, Memory } from '../../detector.ts'
import { isStealthy, probeOf, probeName } from '../scan/probe.ts'
import { pairKey } from '../state/pair-key.ts'
import { Stories, type Suspect, type Telling } from '../state/stories.ts'
import { counted, spanOf } from '../state/wording.ts'
import type { OddFlagsConfig } from './config.ts'

const MAX_SUSPECTS = 512
/** From so many ports on it is a scan; with so many sorts of flags a fingerprint. */
const SCANNED_PORTS = 3
const FINGERPRINT_SORTS = 3

interface OddSender extends Suspect {
  readonly attacker: string
  readonly victim: string
  readonly ports: Set<number>
  readonly sorts: Set<number>
}

export class OddFlags implements Detector {
  readonly name = 'odd-flags'
  readonly memories: readonly Memory[]
  readonly #minSegments: number
  readonly #stories: Stories<OddSender>

  constructor(config: OddFlagsConfig, emit: Emit) {
    this.#minSegments = config.minSegments
    this.#stories = new Stories<OddSender>({
      detector: this.name,
      family: 'evasion',
      cap: MAX_SUSPECTS,
      forgetAfterUs: config.forgetAfterSeconds * 1e6,
      emit,
      tell,
    })
    this.memories = [this.#stories]
  }

  flowOpened(flow: LiveFlow): void {
    const sort = probeOf(flow)
    if (!isStealthy(sort)) return
    const key = pairKey(flow.originatorKey, flow.responderKey, flow.vlan)
    const sender = this.#stories.get(key) ?? this.#stories.add(key, newSender(flow))
    sender.lastUs = Math.max(sender.lastUs, flow.lastUs)
    sender.count += 1
    if (sender.ports.size < SCANNED_PORTS) sender.ports.add(flow.responderPort)
    sender.sorts.add(sort)
    if (sender.count < this.#minSegments) return
    if (sender.ports.size >= SCANNED_PORTS || sender.sorts.size >= FINGERPRINT_SORTS) return
    this.#stories.tell(sender, flow.lastUs)
    sender.story?.addFlow(flow)
  }
}

function newSender(flow: LiveFlow): OddSender {
  return {
    ...{ firstUs: flow.lastUs, lastUs: flow.lastUs, count: 0, story: null },
    ...{ attacker: flow.originatorAddress(), victim: flow.responderAddress() },
    ...{ ports: new Set(), sorts: new Set() },
  }
}

function tell({ attacker, victim, count, sorts, firstUs, lastUs }: OddSender): Telling {
  const names = [...sorts].map((sort) => probeName(sort)).join(', ')
  return {
    kind: 'evasion.odd-flags',
    severity: 4,
    confidence: 0.85,
    attacker,
    victims: [victim],
    summary: `${attacker} sent ${victim} ${counted(count, 'segment')} with flags that no stack sends (${names}) in ${spanOf(lastUs - firstUs)}`,
    reasons: [{ feature: 'impossibleFlags', value: count, baseline: 0, weight: 1 }],
    mitre: ['T1205', 'T1046'],
  }
}
