/** Judges flows, and what their applications say, by the rules in force. */
import type { ApplicationFact, EndReason, HttpRequest, LiveFlow } from '../../flow/flow.ts'
import type { Detector, Emit, Memory } from '../detector.ts'
import { CappedTable, type Row } from '../rules/state/capped-table.ts'
import { pairKey } from '../rules/state/pair-key.ts'
import { Subject } from './fields/subject.ts'
import type { RuleBook } from './rule-book.ts'
import { RulesAtWork, type OnHit } from './rules-at-work.ts'
import { RuleStories } from './run/rule-stories.ts'

const MAX_REQUESTS = 4096

interface Asked extends Row {
  readonly request: HttpRequest
}

/**
 * The rules as one detector. The book can be exchanged while it works: stories and counts of rules that stay go
 * on.
 *
 * Cost: two look-ups a flow and one a fact where no rule asks for them; a flow's facts are only built where a
 * rule is judged on them.
 */
export class SigmaDetector implements Detector {
  readonly name = 'sigma'
  readonly seesAbsorbed = true
  readonly memories: readonly Memory[]
  readonly #stories: RuleStories
  readonly #subject = new Subject()
  /** Requests whose responses rules wait for; filled only where there are such rules. */
  readonly #asked = new CappedTable<Asked>(MAX_REQUESTS)
  #rules: RulesAtWork
  readonly #onHit: OnHit = (rule, hit) => {
    this.#stories.add(rule, hit, this.#subject.timeUs, this.#subject.flow)
  }

  constructor(book: RuleBook, emit: Emit) {
    this.#stories = new RuleStories(emit)
    this.#rules = new RulesAtWork(book)
    const rules = (): RulesAtWork => this.#rules
    this.memories = [
      this.#stories,
      this.#asked,
      {
        get forgotten() {
          return rules().forgotten
        },
      },
    ]
  }

  /** Puts another book in force. */
  use(book: RuleBook): void {
    this.#rules = new RulesAtWork(book, this.#rules)
    this.#stories.keepOnly((rule) => this.#rules.has(rule))
  }

  /** How often each rule has held, by key. */
  get hits(): ReadonlyMap<string, number> {
    return this.#rules.hits
  }

  flowSpoke(flow: LiveFlow, fact: ApplicationFact): void {
    if (fact.kind === 'http-request') this.#remember(flow, fact)
    else if (fact.kind === 'http-response') return this.#exchange(flow, fact)
    const moment = momentOf(fact)
    const bucket = this.#rules.bucketAt(moment)
    if (bucket === undefined) return
    this.#subject.show(flow, fact, flow.lastUs)
    this.#rules.judge(bucket, this.#subject, this.#onHit)
  }

  flowEnded(flow: LiveFlow, _reason: EndReason): void {
    const endOfAny = this.#rules.endOfAny(flow)
    if (endOfAny !== null) {
      this.#subject.show(flow, null, flow.lastUs)
      this.#rules.judge(endOfAny, this.#subject, this.#onHit)
    }
    const bucket = this.#rules.endOf(flow.application)
    if (bucket === null) return
    const facts = flow.facts()
    if (facts === null) return
    this.#subject.show(flow, facts, flow.lastUs)
    this.#rules.judge(bucket, this.#subject, this.#onHit)
  }

  tick(nowUs: number): void {
    this.#rules.close(nowUs, (rule, hit) => this.#stories.add(rule, hit, nowUs, null))
  }

  #remember(flow: LiveFlow, request: HttpRequest): void {
    if (this.#rules.bucketAt('http-exchange') === undefined) return
    this.#asked.set(keyOf(flow), { request, lastUs: flow.lastUs })
  }

  #exchange(flow: LiveFlow, response: ApplicationFact): void {
    const bucket = this.#rules.bucketAt('http-exchange')
    if (bucket === undefined) return
    const request = this.#asked.get(keyOf(flow))?.request
    this.#subject.show(flow, { ...request, ...response, request }, flow.lastUs)
    this.#rules.judge(bucket, this.#subject, this.#onHit)
  }
}

function momentOf(fact: Exclude<ApplicationFact, { kind: 'http-response' }>): string {
  if (fact.kind === 'dns') return fact.isResponse ? 'dns-response' : 'dns-query'
  return fact.kind
}

const keyOf = (flow: LiveFlow): number =>
  pairKey(flow.originatorKey, flow.responderKey, flow.originatorPort * 65536 + flow.responderPort)
