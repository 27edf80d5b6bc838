/**
 * Detects forged DNS answers: a question answered twice and differently, and answers to questions nobody asked.
 *
 * Whoever forges must be there before the resolver's own answer, which comes all the same; or must guess the
 * question's number, which takes many tries (Kaminsky 2008; RFC 5452). The forger bears the resolver's address
 * and is not named. A question sent twice may be answered twice: only more answers than questions count.
 */
import type { DnsMessage, LiveFlow } from '../../../../flow/flow.ts'
import { IpProtocol } from '../../../../net/protocol.ts'
import type { Detector, Emit, Heard, Memory } from '../../../detector.ts'
import { pairKey } from '../../state/pair-key.ts'
import type { Story } from '../../state/story.ts'
import { confidenceOf, counted, listed, spanOf } from '../../state/wording.ts'
import type { NameSpoofingConfig } from '../config.ts'
import type { Stories } from '../../state/stories.ts'
import { type Telling } from '../../state/stories.ts'
import { spoofingStories } from '../spoofing-stories.ts'

const DNS = 53
const PLACES = 1024
const FRESH_US = 10e6
const MAX_STORIES = 512
/** One doubled answer may have a question that was not captured. */
const RACES = 2
const ANSWERS_PER_QUESTION = 4

interface Asked {
  key: number
  askedUs: number
  questions: number
  answers: number
  first: DnsMessage | null
}

interface Forged {
  readonly kind: 'spoofing.dns.race' | 'spoofing.dns.guess'
  readonly client: string
  readonly resolver: string
  readonly firstUs: number
  lastUs: number
  count: number
  story: Story | null
  readonly names: Set<string>
  example: string
}

const HEARS = ['dns'] as const

export class DnsAnswers implements Detector {
  readonly name = 'dns-answers'
  readonly hears = HEARS
  readonly memories: readonly Memory[]
  readonly #config: NameSpoofingConfig
  /** Direct-mapped: a flood of questions overwrites, and what is overwritten is not judged. */
  readonly #asked: Asked[] = Array.from({ length: PLACES }, () => ({
    key: -1,
    askedUs: 0,
    questions: 0,
    answers: 0,
    first: null,
  }))
  readonly #stories: Stories<Forged>

  constructor(config: NameSpoofingConfig, emit: Emit) {
    this.#config = config
    this.#stories = spoofingStories(this.name, config, { cap: MAX_STORIES, emit, tell })
    this.memories = [this.#stories]
  }

  flowSpoke(flow: LiveFlow, fact: Heard<typeof HEARS>): void {
    if (flow.responderPort !== DNS || flow.protocol !== IpProtocol.UDP) return
    const key = pairKey(
      flow.originatorKey,
      flow.responderKey,
      flow.originatorPort * 65536 + fact.id,
    )
    const asked = this.#asked[key % PLACES]!
    if (!fact.isResponse) ask(asked, key, flow.lastUs)
    else if (asked.key === key) this.#answer(asked, flow, fact)
    else this.#guess(flow, fact)
  }

  #answer(asked: Asked, flow: LiveFlow, fact: DnsMessage): void {
    asked.answers += 1
    if (asked.first === null) {
      asked.first = fact
      return
    }
    if (asked.answers <= asked.questions || flow.lastUs - asked.askedUs > FRESH_US) return
    if (!contradicts(asked.first, fact)) return
    const row = this.#row('spoofing.dns.race', flow)
    note(row, flow, fact)
    row.example = `${fact.query} is ${valuesOf(asked.first)} and ${valuesOf(fact)}`
    if (row.count >= RACES) this.#stories.tell(row, flow.lastUs)
  }

  /** The numbers of the flow itself say first that there is too much of it. */
  #guess(flow: LiveFlow, fact: DnsMessage): void {
    const surplus = flow.responderPackets - ANSWERS_PER_QUESTION * flow.originatorPackets
    if (flow.originatorPackets === 0 || surplus < this.#config.minForgedAnswers) return
    const row = this.#row('spoofing.dns.guess', flow)
    note(row, flow, fact)
    row.count = Math.max(row.count, flow.responderPackets - flow.originatorPackets)
    row.example = `${flow.originatorPackets} asked`
    this.#stories.tell(row, flow.lastUs)
  }

  #row(kind: Forged['kind'], flow: LiveFlow): Forged {
    const key = pairKey(flow.originatorKey, flow.responderKey, kind.length)
    const known = this.#stories.get(key)
    if (known !== undefined) return known
    return this.#stories.add(key, {
      kind,
      client: flow.originatorAddress(),
      resolver: flow.responderAddress(),
      firstUs: flow.lastUs,
      lastUs: flow.lastUs,
      count: 0,
      story: null,
      names: new Set(),
      example: '',
    })
  }
}

function ask(asked: Asked, key: number, nowUs: number): void {
  if (asked.key !== key || nowUs - asked.askedUs > FRESH_US) {
    asked.key = key
    asked.questions = 0
    asked.answers = 0
    asked.first = null
  }
  asked.askedUs = nowUs
  asked.questions += 1
}

function note(row: Forged, flow: LiveFlow, fact: DnsMessage): void {
  row.lastUs = Math.max(row.lastUs, flow.lastUs)
  row.count += 1
  if (fact.query !== null && row.names.size < 16) row.names.add(fact.query)
}

/** Answers to one question that share no address, or of which one says that there is none. */
function contradicts(one: DnsMessage, other: DnsMessage): boolean {
  if (one.query !== other.query || one.type !== other.type) return false
  if (one.type !== 'A' && one.type !== 'AAAA') return false
  if (one.rcode === 'NXDOMAIN' || other.rcode === 'NXDOMAIN') return one.rcode !== other.rcode
  const addresses = new Set(addressesOf(one))
  const others = addressesOf(other)
  if (addresses.size === 0 || others.length === 0) return false
  return !others.some((address) => addresses.has(address))
}

function addressesOf({ answers }: DnsMessage): (string | null)[] {
  return answers.filter(({ type }) => type === 'A' || type === 'AAAA').map(({ value }) => value)
}

function valuesOf(message: DnsMessage): string {
  const addresses = addressesOf(message)
  return addresses.length === 0 ? (message.rcode ?? 'nothing') : (addresses[0] ?? 'unread')
}

function tell(row: Forged): Telling {
  const names = [...row.names]
  const isRace = row.kind === 'spoofing.dns.race'
  const span = spanOf(row.lastUs - row.firstUs)
  return {
    kind: row.kind,
    severity: isRace ? 5 : 6,
    confidence: confidenceOf(isRace ? 0.7 : 0.8, row.count - RACES, isRace ? 3 : 50),
    attacker: null,
    victims: [row.client],
    summary: isRace
      ? `${counted(row.count, 'question')} of ${row.client} to ${row.resolver} answered twice and differently in ${span}: ${row.example}`
      : `${counted(row.count, 'answer')} to ${row.client} in the name of ${row.resolver} in ${span} that fit no question (${row.example}): ${listed(names, names.length)}`,
    reasons: [
      {
        feature: isRace ? 'contradictedAnswers' : 'unaskedAnswers',
        value: row.count,
        baseline: 0,
        weight: 1,
      },
    ],
    mitre: isRace ? ['T1557'] : ['T1584.002', 'T1557'],
  }
}
