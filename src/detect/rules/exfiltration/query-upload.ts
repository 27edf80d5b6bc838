/**
 * Detects data that leaves in the addresses of HTTP requests: a script asks one far end again and again, each time
 * with other encoded text of hundreds of characters.
 *
 * Advertisements and measurement do the same from browsers and apps, so that only what names itself as a script, or
 * as nothing, counts. Left out: what is posted, which is an upload; what is within TLS.
 * Source: MITRE ATT&CK T1041, T1048.003.
 */
import type { HttpRequest, LiveFlow } from '../../../flow/flow.ts'
import type { Detector, Emit, Memory } from '../../detector.ts'
import { AttackLedger, textHash } from '../state/attack-ledger.ts'
import type { Row } from '../state/tables/capped-table.ts'
import { DistinctCount } from '../state/tables/distinct-count.ts'
import { FadingTable } from '../state/tables/fading-table.ts'
import { pairKey } from '../state/pair-key.ts'
import { grouped } from '../state/wording.ts'
import { isToOutside } from '../state/outside.ts'

const MAX_PAIRS = 1024
const WITHIN_US = 600_000_000
/** A request's address that may bear freight, and how much of it is code in one piece. */
const SHORTEST_URI = 220
const FREIGHT = /[\w+/%=-]{200,}/
const SCRIPT =
  /^(?:python|curl|wget|go-http|java\/|perl|libwww|ruby|php|powershell|winhttp)|WindowsPowerShell/i
/** Of so many requests, nearly each must differ, and bring so much in all. */
const MIN_REQUESTS = 24
const MIN_CHARACTERS = 16_384
const DIFFERENT = 0.9

interface Sender extends Row {
  readonly different: DistinctCount
  requests: number
  characters: number
}

const HEARS = ['http-request'] as const

export class QueryUpload implements Detector {
  readonly name = 'query-upload'
  readonly hears = HEARS
  readonly memories: readonly Memory[]
  readonly #ledger: AttackLedger
  readonly #senders = new FadingTable<Sender>(MAX_PAIRS, WITHIN_US)

  constructor(emit: Emit) {
    this.#ledger = new AttackLedger(
      { detector: this.name, noun: 'request', forgetAfterSeconds: 3600 },
      emit,
    )
    this.memories = [this.#ledger, this.#senders]
  }

  flowSpoke(flow: LiveFlow, { uri, userAgent }: HttpRequest): void {
    if (uri.length < SHORTEST_URI || (userAgent !== null && !SCRIPT.test(userAgent))) return
    if (!FREIGHT.test(uri) || !isToOutside(flow)) return
    const sender = this.#senderOf(flow)
    sender.requests += 1
    sender.characters += uri.length
    sender.different.add(textHash(uri))
    if (sender.requests < MIN_REQUESTS || sender.characters < MIN_CHARACTERS) return
    if (sender.different.value >= sender.requests * DIFFERENT) this.#tell(flow, sender)
  }

  #senderOf(flow: LiveFlow): Sender {
    const key = pairKey(flow.originatorKey, flow.responderKey, 0)
    let sender = this.#senders.get(key)
    if (sender === undefined) {
      const different = new DistinctCount()
      sender = { lastUs: flow.lastUs, different, requests: 0, characters: 0 }
      this.#senders.set(key, sender)
    }
    sender.lastUs = Math.max(sender.lastUs, flow.lastUs)
    return sender
  }

  #tell(flow: LiveFlow, { requests, characters }: Sender): void {
    const host = flow.originatorAddress()
    const attacker = flow.responderAddress()
    this.#ledger.note(
      {
        ...{ kind: 'exfiltration.queries', severity: 5, confidence: 0.75, host, victim: host },
        ...{ attacker, mitre: ['T1041', 'T1048.003'], isCumulative: true },
        reasons: [
          { feature: 'queryCharacters', value: characters, baseline: MIN_CHARACTERS, weight: 0.6 },
          { feature: 'differentQueries', value: requests, baseline: MIN_REQUESTS, weight: 0.4 },
        ],
        summary: `${host} sends ${attacker} ${grouped(characters)} characters of encoded text in the addresses of ${grouped(requests)} HTTP requests`,
      },
      flow,
    )
  }
}
