/**
 * Detects packets that say they come from where they go: the same address and the same port, or SYN after SYN that
 * nobody answers (land).
 *
 * Some stacks answered themselves until they died (CVE-1999-0016, again in 2005), and none sends them over a
 * wire. A program that talks to itself has another port at each end, but for a simultaneous open on loopback, and is
 * accepted or refused at once.
 */
import type { LiveFlow } from '../../../flow/flow.ts'
import { IpProtocol } from '../../../net/protocol.ts'
import type { Detector, Emit, Memory } from '../../detector.ts'
import { counted } from '../state/wording.ts'
import { pairKey } from '../state/pair-key.ts'
import { Stories, type Suspect, type Telling } from '../state/stories.ts'
import type { SelfAddressedConfig } from './config.ts'

const MAX_STORIES = 256
const SYN = 2
const SYN_ACK_RST = 0x16
/** SYNs from one port to another, and which of them may be answered. */
const MIN_UNANSWERED = 20
const MAX_ANSWERED = 0.1

interface Land extends Suspect {
  readonly victim: string
  readonly port: number
  readonly isSyn: boolean
  /** One port at both ends. */
  readonly isSamePort: boolean
  answered: number
}

export class SelfAddressed implements Detector {
  readonly name = 'self-addressed'
  readonly seesAbsorbed = true
  readonly memories: readonly Memory[]
  readonly #stories: Stories<Land>

  constructor(config: SelfAddressedConfig, emit: Emit) {
    this.#stories = new Stories<Land>({
      detector: this.name,
      family: 'evasion',
      cap: MAX_STORIES,
      forgetAfterUs: config.forgetAfterSeconds * 1e6,
      emit,
      tell,
    })
    this.memories = [this.#stories]
  }

  flowOpened(flow: LiveFlow): void {
    if (flow.originatorKey !== flow.responderKey) return
    const { originatorPort, responderPort, protocol, lastUs } = flow
    const isSamePort = originatorPort === responderPort
    const isSyn = protocol === IpProtocol.TCP && (flow.openingTcpFlags & SYN_ACK_RST) === SYN
    if (!isSamePort && !isSyn) return
    if (protocol !== IpProtocol.TCP && protocol !== IpProtocol.UDP) return
    const victim = flow.originatorAddress()
    if (victim.startsWith('127.') || victim === '::1' || originatorPort === 0) return
    const key = keyOf(flow, isSamePort)
    const row =
      this.#stories.get(key) ??
      this.#stories.add(key, {
        ...{ firstUs: lastUs, lastUs, count: 0, story: null },
        ...{ victim, port: responderPort, isSyn, isSamePort, answered: 0 },
      })
    row.lastUs = Math.max(row.lastUs, lastUs)
    row.count += 1
    if (isSamePort || isUnanswered(row)) this.#stories.tell(row, lastUs)
  }

  flowAnswered(flow: LiveFlow): void {
    if (flow.originatorKey !== flow.responderKey || this.#stories.size === 0) return
    const row = this.#stories.get(keyOf(flow, false))
    if (row !== undefined) row.answered += 1
  }
}

function keyOf({ originatorKey, vlan }: LiveFlow, isSamePort: boolean): number {
  return pairKey(originatorKey, vlan, isSamePort ? 1 : 2)
}

function isUnanswered({ count, answered }: Land): boolean {
  return count >= MIN_UNANSWERED && answered <= count * MAX_ANSWERED
}

function tell({ victim, port, count, isSyn, isSamePort }: Land): Telling {
  const ports = isSamePort
    ? `with one port at both ends, first ${port}`
    : `at port ${port}, hardly any answered`
  return {
    kind: 'evasion.land',
    severity: isSyn ? 5 : 4,
    confidence: isSyn ? 0.9 : 0.7,
    attacker: null,
    victims: [victim],
    summary: `${counted(count, 'flow')} from ${victim} to itself ${ports}; no honest host sends it`,
    reasons: [{ feature: 'selfAddressedFlows', value: count, baseline: 0, weight: 1 }],
    mitre: ['T1499.004'],
  }
}
