/** Judges flows, and what their applications say, by the rules in force. */
import type { ApplicationFact, EndReason, LiveFlow } from '../../flow/flow.ts'
import type { Detector, Emit, Memory } from '../detector.ts'
import { exchangeOf } from './fields/exchange.ts'
import { Subject } from './fields/subject.ts'
import type { RuleBook } from './rule-book.ts'
import { RulesAtWork, type OnHit } from './rules-at-work.ts'
import { RuleStories } from './run/rule-stories.ts'

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
    const bucket = this.#rules.bucketAt(momentOf(fact))
    if (bucket === undefined) return
    const facts = fact.kind === 'http-response' ? exchangeOf(fact) : fact
    this.#subject.show(flow, facts, flow.lastUs)
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
}

function momentOf(fact: ApplicationFact): string {
  if (fact.kind === 'dns') return fact.isResponse ? 'dns-response' : 'dns-query'
  return fact.kind === 'http-response' ? 'http-exchange' : fact.kind
}
