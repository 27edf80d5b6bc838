/** Flows that an event already accounts for: a flood's million probes are one story, not a million rows. */
import { addressKey, type LiveFlow } from '../flow/index.ts'
import { parseAddress } from '../net/address.ts'
import { TcpFlag } from '../net/protocol.ts'
import type { Detection } from './detection.ts'

/** What makes many flows that say nothing new one by one. */
const TOLD_FAMILIES: ReadonlySet<string> = new Set(['scan', 'sweep', 'flood', 'amplification'])
const MAX_PARTIES = 4096
/** After the last sign of a story its party's failed flows are its own affair again. */
const TOLD_FOR_US = 600e6
const MAX_PACKETS_A_SIDE = 3

interface Party {
  untilUs: number
  /** A flood's answers are worth no row either; a scan's are the ports it found. */
  isFlood: boolean
  /** How many more of its flows are kept one by one. */
  left: number
}

/**
 * Knows the parties of scans, sweeps, floods and reflections that were told, and which of their flows need no row.
 *
 * Shape: a party is the attacker; of a flood from forged sources, the victims.
 * Cost: one look-up a flow while nobody is told of, two while somebody is. Bounded: 4,096 parties, the one
 * told of longest ago goes first.
 */
export class ToldFlows {
  readonly #keptPerParty: number
  readonly #parties = new Map<number, Party>()

  constructor(keptPerParty: number) {
    this.#keptPerParty = keptPerParty
  }

  /** Notes the parties of a story that has been told. */
  tell(detection: Detection): void {
    if (!TOLD_FAMILIES.has(detection.family)) return
    const parties = detection.attacker === null ? detection.victims : [detection.attacker]
    for (const text of parties) {
      const address = parseAddress(text)
      if (address === null) continue
      this.#note(addressKey(address.family, address.words), detection)
    }
  }

  /** Says whether the flow is one more of a story that was told, and needs no row of its own. */
  covers(flow: LiveFlow): boolean {
    if (this.#parties.size === 0 || !isFruitless(flow)) return false
    const party = this.#parties.get(flow.originatorKey) ?? this.#parties.get(flow.responderKey)
    if (party === undefined || flow.startUs > party.untilUs) return false
    if (!party.isFlood && wasAccepted(flow)) return false
    if (party.left === 0) return true
    party.left -= 1
    return false
  }

  #note(key: number, detection: Detection): void {
    const known = this.#parties.get(key)
    const untilUs = detection.lastSeenUs + TOLD_FOR_US
    const isFlood = detection.family === 'flood' || detection.family === 'amplification'
    this.#parties.delete(key)
    this.#parties.set(key, {
      untilUs: Math.max(untilUs, known?.untilUs ?? 0),
      isFlood: isFlood || (known?.isFlood ?? false),
      left: known?.left ?? this.#keptPerParty,
    })
    if (this.#parties.size <= MAX_PARTIES) return
    const [oldest] = this.#parties.keys()
    this.#parties.delete(oldest!)
  }
}

/** Nothing was said in it: a handful of packets and no answer with content. */
function isFruitless(flow: LiveFlow): boolean {
  return (
    flow.responderPayloadBytes === 0 &&
    flow.originatorPackets <= MAX_PACKETS_A_SIDE &&
    flow.responderPackets <= MAX_PACKETS_A_SIDE
  )
}

function wasAccepted(flow: LiveFlow): boolean {
  return (flow.responderTcpFlags & TcpFlag.SYN) !== 0
}
