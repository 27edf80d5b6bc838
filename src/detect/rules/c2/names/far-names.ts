/**
 * By which names far ends were asked for, and which names of dynamic services are asked for over and over.
 *
 * A program whose commander's name has ceased to exist goes on asking for it: then there is no far end, and the
 * questions are all there is to see.
 */
import type { DnsMessage, LiveFlow } from '../../../../flow/flow.ts'
import { addressKey } from '../../../../flow/index.ts'
import { parseAddress } from '../../../../net/address.ts'
import type { Detector, Heard, Memory } from '../../../detector.ts'
import { Cadence } from '../cadence.ts'
import type { C2Config } from '../config.ts'
import { Reach, reachOf } from '../direction.ts'
import type { C2Kind, Sign } from '../suspicion/sign.ts'
import { dynamicService } from '../signs/dynamic-names.ts'
import { rhythmSign } from '../signs/rhythm.ts'
import type { C2Suspects } from '../suspicion/suspects.ts'
import type { Row } from '../../state/tables/capped-table.ts'
import { FadingTable } from '../../state/tables/fading-table.ts'
import { mix, pairKey } from '../../state/pair-key.ts'

const MAX_NAMES = 8192
const MAX_QUESTIONS = 1024
/** Hosts known to ask for names, and after how many answers. */
const MAX_ASKERS = 4096
const ASKS_NAMES = 5
const NAME_LASTS_US = 86_400_000_000
/** Addresses of one answer whose name is remembered. */
const MOST_ANSWERS_NOTED = 8

interface Named extends Row {
  readonly name: string
}

interface Asker extends Row {
  answers: number
}

interface Question extends Row {
  readonly cadence: Cadence
  answered: number
  failed: number
}

const HEARS = ['dns'] as const

export class FarNames implements Detector {
  readonly name = 'c2-names'
  readonly hears = HEARS
  readonly memories: readonly Memory[]
  readonly #config: C2Config
  readonly #suspects: C2Suspects
  readonly #names = new FadingTable<Named>(MAX_NAMES, NAME_LASTS_US)
  readonly #askers = new FadingTable<Asker>(MAX_ASKERS, NAME_LASTS_US)
  readonly #questions: FadingTable<Question>

  constructor(config: C2Config, suspects: C2Suspects) {
    this.#config = config
    this.#suspects = suspects
    this.#questions = new FadingTable(MAX_QUESTIONS, config.forgetAfterSeconds * 1e6)
    this.memories = [this.#names, this.#askers, this.#questions]
  }

  /** By which name this far end was last asked for; null when that was not seen. */
  nameOf(addressKeyOf: number): string | null {
    return this.#names.get(addressKeyOf)?.name ?? null
  }

  /** The host asks for the names of others, and was never told this far end as one's address. */
  isUnasked({ originatorKey, responderKey }: LiveFlow): boolean {
    const answers = this.#askers.get(originatorKey)?.answers ?? 0
    return answers >= ASKS_NAMES && this.#names.get(responderKey) === undefined
  }

  /** What speaks against a name. */
  placeSigns(name: string | null, kind: C2Kind): Sign[] {
    const service = dynamicService(name)
    if (service === null) return []
    return [{ feature: 'dynamicName', kind, aspect: 'place', weight: 0.5, value: 1, baseline: 0, text: `a name of ${service}, which anybody can point anywhere` }] // prettier-ignore
  }

  flowSpoke(flow: LiveFlow, fact: Heard<typeof HEARS>): void {
    if (fact.isResponse) {
      this.#noteAnswers(fact, flow.lastUs)
      this.#noteAsker(flow, fact)
    }
    if (fact.query === null || (fact.type !== 'A' && fact.type !== 'AAAA')) return
    const service = dynamicService(fact.query)
    if (service !== null) this.#noteQuestion(flow, fact, fact.query)
  }

  #noteAnswers({ query, answers }: DnsMessage, nowUs: number): void {
    if (query === null) return
    for (const { type, value } of answers.slice(0, MOST_ANSWERS_NOTED)) {
      if ((type !== 'A' && type !== 'AAAA') || value === null) continue
      const address = parseAddress(value)
      if (address === null) continue
      this.#names.set(addressKey(address.family, address.words), { lastUs: nowUs, name: query })
    }
  }

  #noteAsker({ originatorKey, lastUs, isCutShort }: LiveFlow, { answerCount }: DnsMessage): void {
    // Answers of which only the head was captured name nobody's address.
    if (answerCount === 0 || isCutShort) return
    let asker = this.#askers.get(originatorKey)
    if (asker === undefined) {
      asker = { lastUs, answers: 0 }
      this.#askers.set(originatorKey, asker)
    }
    asker.lastUs = Math.max(asker.lastUs, lastUs)
    asker.answers += 1
  }

  #noteQuestion(flow: LiveFlow, fact: DnsMessage, name: string): void {
    if (reachOf(flow) === Reach.NONE) return
    const key = pairKey(flow.originatorKey, hashOf(name), 1)
    let question = this.#questions.get(key)
    if (question === undefined) {
      question = { lastUs: flow.lastUs, cadence: new Cadence(), answered: 0, failed: 0 }
      this.#questions.set(key, question)
    }
    question.lastUs = Math.max(question.lastUs, flow.lastUs)
    if (!fact.isResponse) question.cadence.note(flow.lastUs)
    else if (fact.answerCount > 0) question.answered += 1
    else question.failed += 1
    if (!fact.isResponse && question.cadence.count >= this.#config.minRepeats) {
      this.#judge(flow, question, name, key)
    }
  }

  #judge(flow: LiveFlow, question: Question, name: string, key: number): void {
    if (question.answered > 0) return
    const { count } = question.cadence
    const rhythm = question.cadence.rhythm()
    const timing = rhythm === null ? null : rhythmSign(rhythm, count, 'dns', 'question')
    const signs: Sign[] = [
      ...this.placeSigns(name, 'dns'),
      { feature: 'askedInVain', kind: 'dns', aspect: 'outcome', weight: 0.3, value: count, baseline: this.#config.minRepeats, text: `asked for ${count} times and never answered` }, // prettier-ignore
      ...(timing === null ? [] : [timing]),
    ]
    const parties = { host: flow.originatorAddress(), farEnd: null, domain: name, isInside: false }
    this.#suspects.accuseOf(key, parties, signs, flow)
  }
}

function hashOf(name: string): number {
  let hash = 7
  for (let at = 0; at < name.length; at += 1) hash = mix(hash, name.charCodeAt(at))
  return hash
}
