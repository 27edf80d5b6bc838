/**
 * Detects hosts that ask a name server for the names of one network's addresses, one after another: a map of the
 * network that touches none of its hosts (nmap -sL, dnsrecon, fierce).
 *
 * Logs and mail servers ask for the name of whoever comes by, in no order; the evidence is that each address follows
 * closely upon the one before. A question sent again is none more. Where questions are not captured the answers do.
 * Left out: IPv6, whose networks nobody walks; walks in a random order.
 * Source: MITRE ATT&CK T1590.002, T1018; RFC 1035 §3.5.
 */
import type { LiveFlow } from '../../../../flow/flow.ts'
import type { Detector, Emit, Heard, Memory } from '../../../detector.ts'
import { textHash } from '../../state/attack-ledger.ts'
import { pairKey } from '../../state/pair-key.ts'
import { Stories, type Suspect, type Telling } from '../../state/stories.ts'
import { confidenceOf, counted, spanOf } from '../../state/wording.ts'
import type { PortScanConfig } from '../config.ts'

const HEARS = ['dns'] as const
const DNS_PORT = 53
const MAX_WALKERS = 512
/** Steps in a row, of which several questions under way may swap a few. */
const MIN_STEPS = 24
const MAX_STEP = 4
/** Of all steps so many go on. */
const MIN_ONWARD_SHARE = 0.8
const REVERSE = /^(\d{1,3})\.((?:\d{1,3}\.){3}in-addr\.arpa)$/i

interface Walker extends Suspect {
  readonly client: string
  readonly server: string
  /** Last octet reversed before: `2.0.192.in-addr.arpa`. */
  readonly zone: string
  last: number
  onward: number
  others: number
  /** Questions are captured, so that answers say nothing new. */
  asks: boolean
}

export class AddressWalking implements Detector {
  readonly name = 'address-walking'
  readonly hears = HEARS
  readonly #walkers: Stories<Walker>
  readonly memories: readonly Memory[]

  constructor({ forgetAfterSeconds }: PortScanConfig, emit: Emit) {
    this.#walkers = new Stories<Walker>({
      ...{ detector: this.name, family: 'scan', cap: MAX_WALKERS, emit, tell },
      forgetAfterUs: forgetAfterSeconds * 1e6,
    })
    this.memories = [this.#walkers]
  }

  flowSpoke(flow: LiveFlow, { isResponse, query, type }: Heard<typeof HEARS>): void {
    if (type !== 'PTR' || query === null) return
    const parts = REVERSE.exec(query)
    if (parts === null) return
    const walker = this.#walkerOf(flow, parts[2]!)
    if (isResponse && walker.asks) return
    if (!isResponse) walker.asks = true
    walker.lastUs = Math.max(walker.lastUs, flow.lastUs)
    step(walker, Number(parts[1]))
    if (walker.onward < MIN_STEPS) return
    if (walker.onward < (walker.onward + walker.others) * MIN_ONWARD_SHARE) return
    this.#walkers.tell(walker, flow.lastUs)
    walker.story?.addFlow(flow)
  }

  #walkerOf(flow: LiveFlow, zone: string): Walker {
    const isTurned = flow.originatorPort === DNS_PORT
    const ends = [flow.originatorAddress(), flow.responderAddress()] as const
    const [client, server] = isTurned ? [ends[1], ends[0]] : ends
    const key = pairKey(isTurned ? flow.responderKey : flow.originatorKey, textHash(zone), 28)
    return (
      this.#walkers.get(key) ??
      this.#walkers.add(key, {
        ...{ client, server, zone, firstUs: flow.lastUs, lastUs: flow.lastUs },
        ...{ last: -1, onward: 0, others: 0, asks: false, count: 0, story: null },
      })
    )
  }
}

/** A step back within a few is of questions that overtook each other, and no step at all. */
function step(walker: Walker, octet: number): void {
  const by = walker.last < 0 ? 1 : octet - walker.last
  if (by <= 0 && by >= -MAX_STEP) return
  walker.last = octet
  if (by > 0 && by <= MAX_STEP) walker.onward += 1
  else walker.others += 1
  walker.count = walker.onward
}

function tell({ client, server, zone, count, firstUs, lastUs }: Walker): Telling {
  const network = zone.split('.').slice(0, 3).reverse().join('.')
  return {
    kind: 'scan.dns-addresses',
    severity: 4,
    confidence: confidenceOf(0.75, count - MIN_STEPS, 64),
    attacker: client,
    victims: [server],
    summary: `${client} asked ${server} for the names of ${counted(count, 'address', 'addresses')} of ${network}.0/24, one after another, in ${spanOf(lastUs - firstUs)}`,
    reasons: [{ feature: 'addressesInARow', value: count, baseline: MIN_STEPS, weight: 1 }],
    mitre: ['T1590.002', 'T1018'],
  }
}
