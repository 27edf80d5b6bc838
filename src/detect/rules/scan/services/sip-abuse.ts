/**
 * Detects those who look for telephone systems and their extensions, and who drown one in calls, over SIP.
 *
 * Scanners name themselves as often as not; the others call or register ever new extensions, most of which are
 * not there. A trunk calls many numbers too, but is answered.
 * Source: SIPVicious (svmap, svwar), Metasploit's enumerators, inviteflood; RFC 3261.
 */
import type { LiveFlow, SipMessage } from '../../../../flow/flow.ts'
import type { Detector, Emit, Heard, Memory } from '../../../detector.ts'
import { AttackLedger, quoted, type Act } from '../../state/attack-ledger.ts'
import type { Row } from '../../state/tables/capped-table.ts'
import { FadingTable } from '../../state/tables/fading-table.ts'
import { pairKey } from '../../state/pair-key.ts'
import { counted } from '../../state/wording.ts'
import type { SipAbuseConfig } from '../config.ts'

const MAX_PAIRS = 2048
const MOST_USERS = 256
/** Refusals of a user who is not there, of one who has to prove himself, and of anybody. */
const REFUSALS: ReadonlySet<number> = new Set([401, 403, 404, 407, 484, 604])
/** Of all answers, those that refuse where extensions are tried. */
const MIN_REFUSED_SHARE = 0.8
/** Calls that are taken up, at most, where calls are a flood. */
const MOST_TAKEN_SHARE = 0.1
const SECOND_US = 1_000_000

/** Names that only scanners give themselves. */
const SCANNER =
  /^(?:friendly-(?:scanner|request)|sipvicious|sip-?scan|sundayddr|sipcli|VaxSIPUserAgent|iWar|SIVuS|pplsip|sipsak|smap)/i

interface Pair extends Row {
  readonly users: Set<string>
  answers: number
  refused: number
  taken: number
  /** Calls within the current ten seconds. */
  calls: number
  sinceUs: number
}

const HEARS = ['sip'] as const

export class SipAbuse implements Detector {
  readonly name = 'sip-abuse'
  readonly hears = HEARS
  readonly memories: readonly Memory[]
  readonly #config: SipAbuseConfig
  readonly #ledger: AttackLedger
  readonly #pairs: FadingTable<Pair>

  constructor(config: SipAbuseConfig, emit: Emit) {
    this.#config = config
    const { forgetAfterSeconds } = config
    this.#pairs = new FadingTable(MAX_PAIRS, forgetAfterSeconds * SECOND_US)
    this.#ledger = new AttackLedger(
      { detector: this.name, noun: 'message', forgetAfterSeconds },
      emit,
    )
    this.memories = [this.#ledger, this.#pairs]
  }

  flowSpoke(flow: LiveFlow, fact: Heard<typeof HEARS>): void {
    // A telephone is called by its server, too: that is a conversation that the telephone began.
    if (fact.isFromResponder !== (fact.status !== null)) return
    const pair = this.#pairOf(flow)
    if (fact.status === null) this.#asks(flow, fact, pair)
    else if (fact.status >= 200) this.#answers(flow, fact.status, pair)
  }

  #asks(flow: LiveFlow, { method, user, userAgent }: SipMessage, pair: Pair): void {
    if (userAgent !== null && SCANNER.test(userAgent)) {
      this.#ledger.note(scan(flow, 0.9, { feature: 'userAgent', value: userAgent }, `looks for telephone systems as ${quoted(userAgent, 32)} at`), flow) // prettier-ignore
    }
    if (user !== null && pair.users.size < MOST_USERS) pair.users.add(user)
    // Nobody hangs up what was not taken up: so calls are counted whose answers are not captured.
    if (method === 'BYE' && pair.answers === 0) pair.taken += 1
    if (method !== 'INVITE') return
    if (flow.lastUs - pair.sinceUs > 10 * SECOND_US) {
      pair.sinceUs = flow.lastUs
      pair.calls = 0
    }
    pair.calls += 1
    const isFlood = pair.calls >= this.#config.callsIn10Seconds
    if (isFlood && pair.taken <= pair.calls * MOST_TAKEN_SHARE) this.#drowns(flow, pair)
  }

  #answers(flow: LiveFlow, status: number, pair: Pair): void {
    pair.answers += 1
    if (status < 300) pair.taken += 1
    if (!REFUSALS.has(status)) return
    pair.refused += 1
    const { minExtensions } = this.#config
    if (pair.users.size < minExtensions || pair.refused < minExtensions) return
    if (pair.refused < pair.answers * MIN_REFUSED_SHARE) return
    this.#ledger.note(scan(flow, 0.85, { feature: 'extensionsTried', value: pair.users.size }, `tries ${counted(pair.users.size, 'extension')}, most of them refused, of`), flow) // prettier-ignore
  }

  #drowns(flow: LiveFlow, { calls }: Pair): void {
    const attacker = flow.originatorAddress()
    const victim = flow.responderAddress()
    this.#ledger.note(
      {
        ...{ kind: 'flood.sip', severity: 6, confidence: 0.85, attacker, victim, mitre: ['T1499.002'] },
        isCumulative: true,
        reasons: [{ feature: 'callsIn10Seconds', value: calls, baseline: this.#config.callsIn10Seconds, weight: 1 }],
        summary: `${attacker} drowns ${victim} in calls: ${calls} INVITEs within 10 s, hardly any taken up`,
      }, // prettier-ignore
      flow,
    )
  }

  #pairOf(flow: LiveFlow): Pair {
    const key = pairKey(flow.originatorKey, flow.responderKey, 0)
    let pair = this.#pairs.get(key)
    if (pair === undefined) {
      const none = { answers: 0, refused: 0, taken: 0, calls: 0 }
      pair = { users: new Set(), ...none, sinceUs: flow.lastUs, lastUs: flow.lastUs }
      this.#pairs.set(key, pair)
    }
    pair.lastUs = Math.max(pair.lastUs, flow.lastUs)
    return pair
  }
}

function scan(
  flow: LiveFlow,
  confidence: number,
  shown: { feature: string; value: string | number },
  words: string,
): Act {
  const attacker = flow.originatorAddress()
  const victim = flow.responderAddress()
  return {
    ...{ kind: 'scan.sip', severity: 5, confidence, attacker, victim, isManyVictims: true },
    ...{ isCumulative: true, mitre: ['T1595.002', 'T1046'] },
    reasons: [{ ...shown, baseline: null, weight: 1 }],
    summary: `${attacker} ${words} ${victim}`,
  }
}
