/**
 * Detects clients that search a mail server for users: by VRFY or EXPN, or by naming recipients most of whom are
 * not there (smtp-user-enum, Metasploit's smtp_enum, harvesters).
 *
 * Mail programs ask for nobody, and a list of recipients that has aged still reaches most of them.
 * Source: RFC 5321 §3.5 and §7.3; MITRE ATT&CK T1589.002, T1087.
 */
import type { LiveFlow } from '../../../../flow/flow.ts'
import type { Detector, Emit, Heard, Memory } from '../../../detector.ts'
import { textHash } from '../../state/attack-ledger.ts'
import { DistinctCount } from '../../state/tables/distinct-count.ts'
import { pairKey } from '../../state/pair-key.ts'
import { Stories, type Suspect, type Telling } from '../../state/stories.ts'
import { confidenceOf, counted, spanOf } from '../../state/wording.ts'
import type { MailUsersConfig } from '../config.ts'

const MAX_PAIRS = 1024
/** Of the recipients named, those that are not there. */
const MIN_UNKNOWN_SHARE = 0.6

interface Searcher extends Suspect {
  readonly attacker: string
  readonly victim: string
  readonly asked: DistinctCount
  readonly unknown: DistinctCount
  readonly known: DistinctCount
}

const HEARS = ['mail-user'] as const

export class MailUsers implements Detector {
  readonly name = 'mail-users'
  readonly hears = HEARS
  readonly memories: readonly Memory[]
  readonly #minUsers: number
  readonly #forgetAfterUs: number
  readonly #searchers: Stories<Searcher>

  constructor({ minUsers, forgetAfterSeconds }: MailUsersConfig, emit: Emit) {
    this.#minUsers = minUsers
    this.#forgetAfterUs = forgetAfterSeconds * 1e6
    this.#searchers = new Stories<Searcher>({
      detector: this.name,
      family: 'scan',
      cap: MAX_PAIRS,
      forgetAfterUs: this.#forgetAfterUs,
      emit,
      tell: (searcher) => tell(searcher, minUsers),
    })
    this.memories = [this.#searchers]
  }

  flowSpoke(flow: LiveFlow, { user, outcome }: Heard<typeof HEARS>): void {
    const searcher = this.#searcherOf(flow)
    searcher.lastUs = Math.max(searcher.lastUs, flow.lastUs)
    searcher[outcome].add(textHash(user.toLowerCase()))
    if (outcome === 'known' || !this.#isSearch(searcher)) return
    searcher.count = searcher.asked.value + searcher.unknown.value
    this.#searchers.tell(searcher, flow.lastUs)
    searcher.story?.addFlow(flow)
  }

  #isSearch({ asked, unknown, known }: Searcher): boolean {
    if (asked.value >= this.#minUsers) return true
    const recipients = unknown.value + known.value
    return unknown.value >= this.#minUsers && unknown.value >= recipients * MIN_UNKNOWN_SHARE
  }

  /** Without a story the count begins anew: what comes back does not add up over days. */
  #searcherOf(flow: LiveFlow): Searcher {
    const key = pairKey(flow.originatorKey, flow.responderKey, 25)
    const known = this.#searchers.get(key)
    const isOver = known?.story === null && flow.lastUs - known.firstUs > this.#forgetAfterUs * 2
    if (known !== undefined && !isOver) return known
    return this.#searchers.add(key, {
      ...{ attacker: flow.originatorAddress(), victim: flow.responderAddress() },
      ...{ asked: new DistinctCount(), unknown: new DistinctCount(), known: new DistinctCount() },
      ...{ firstUs: flow.lastUs, lastUs: flow.lastUs, count: 0, story: null },
    })
  }
}

function tell(searcher: Searcher, minUsers: number): Telling {
  const { attacker, victim, asked, unknown, known, count, firstUs, lastUs } = searcher
  return {
    kind: 'scan.mail-users',
    severity: 5,
    confidence: confidenceOf(0.8, count - minUsers, 40),
    attacker,
    victims: [victim],
    summary: `${attacker} searches the mail server ${victim} for users: ${counted(asked.value, 'user')} asked for by VRFY or EXPN, ${counted(unknown.value, 'recipient')} not there and ${known.value} there, in ${spanOf(lastUs - firstUs)}`,
    reasons: [
      { feature: 'usersAsked', value: asked.value, baseline: 0, weight: 0.5 },
      { feature: 'unknownRecipients', value: unknown.value, baseline: minUsers, weight: 0.5 },
    ],
    mitre: ['T1589.002', 'T1087'],
  }
}
