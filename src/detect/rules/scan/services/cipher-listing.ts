/**
 * Detects that a server's TLS is being listed: one client that greets one port in ever new ways, and leaves as soon
 * as it is answered (nmap's ssl-enum-ciphers, sslscan, testssl.sh).
 *
 * A program greets in one way or two. Many people behind one address greet in many, but go on to speak.
 * Source: MITRE ATT&CK T1595.002; FoxIO, JA4, which does not change with the order of what is offered.
 */
import type { LiveFlow } from '../../../../flow/flow.ts'
import type { Detector, Emit, Heard, Memory } from '../../../detector.ts'
import { textHash } from '../../state/attack-ledger.ts'
import { DistinctCount } from '../../state/tables/distinct-count.ts'
import { pairKey } from '../../state/pair-key.ts'
import { Stories, type Suspect, type Telling } from '../../state/stories.ts'
import { confidenceOf, counted, spanOf } from '../../state/wording.ts'

/** What ends within this time is one search. */
const WITHIN_US = 120_000_000
const MAX_CLIENTS = 512
const MIN_GREETINGS = 12
/** A greeting and an alert; who goes on to speak sends more. */
const MOST_BYTES = 640
/** For each connection that goes on so many do not. */
const MIN_BARE_PER_TALK = 4

interface Lister extends Suspect {
  readonly client: string
  readonly server: string
  readonly port: number
  readonly greetings: DistinctCount
  /** Connections that ended with the greeting, and others. */
  bare: number
  talks: number
}

const HEARS = ['tls-client-hello'] as const

export class CipherListing implements Detector {
  readonly #listers: Stories<Lister>
  readonly name = 'cipher-listing'
  readonly hears = HEARS

  constructor(emit: Emit) {
    const table = { detector: this.name, family: 'scan', cap: MAX_CLIENTS } as const
    this.#listers = new Stories<Lister>({ ...table, forgetAfterUs: WITHIN_US, emit, tell })
  }

  get memories(): readonly Memory[] {
    return [this.#listers]
  }

  flowSpoke(flow: LiveFlow, { ja4 }: Heard<typeof HEARS>): void {
    const lister = this.#listerOf(flow)
    lister.lastUs = Math.max(lister.lastUs, flow.lastUs)
    lister.greetings.add(textHash(ja4))
    lister.count = lister.greetings.value
  }

  flowEnded(flow: LiveFlow): void {
    if (this.#listers.size === 0) return
    const lister = this.#listers.get(keyOf(flow))
    if (lister === undefined) return
    if (flow.originatorPayloadBytes <= MOST_BYTES) lister.bare += 1
    else lister.talks += 1
    if (lister.count < MIN_GREETINGS || lister.bare < MIN_GREETINGS) return
    if (lister.bare < lister.talks * MIN_BARE_PER_TALK) return
    this.#listers.tell(lister, flow.lastUs)
    lister.story?.addFlow(flow)
  }

  /** Without a story the count begins anew: what a day's visitors have does not add up. */
  #listerOf(flow: LiveFlow): Lister {
    const key = keyOf(flow)
    const known = this.#listers.get(key)
    const isOver = known?.story === null && flow.lastUs - known.firstUs > WITHIN_US
    if (known !== undefined && !isOver) return known
    const [client, server] = [flow.originatorAddress(), flow.responderAddress()]
    return this.#listers.add(key, {
      ...{ client, server, port: flow.responderPort, greetings: new DistinctCount() },
      ...{ firstUs: flow.lastUs, lastUs: flow.lastUs, bare: 0, talks: 0, count: 0, story: null },
    })
  }
}

const keyOf = (flow: LiveFlow): number =>
  pairKey(flow.originatorKey, flow.responderKey, flow.responderPort)

function tell({ client, server, port, count, bare, firstUs, lastUs }: Lister): Telling {
  return {
    kind: 'scan.service',
    severity: 4,
    confidence: confidenceOf(0.75, count - MIN_GREETINGS, 40),
    attacker: client,
    victims: [server],
    summary: `${client} greeted port ${port} of ${server} in ${count} different ways and left ${counted(bare, 'time')} once answered, in ${spanOf(lastUs - firstUs)}: it lists what TLS is spoken there`,
    reasons: [
      { feature: 'differentGreetings', value: count, baseline: MIN_GREETINGS, weight: 0.7 },
      { feature: 'connectionsThatEndedThere', value: bare, baseline: null, weight: 0.3 },
    ],
    mitre: ['T1595.002', 'T1046'],
  }
}
