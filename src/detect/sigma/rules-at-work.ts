/** A book of rules at work: each subject is judged by the rules of its category and moment. */
import { APPLICATIONS } from '../../flow/flow.ts'
import type { FlowView } from './fields/field.ts'
import type { Subject } from './fields/subject.ts'
import { FlowGate } from './match/flow-gate.ts'
import { RuleBucket } from './match/rule-bucket.ts'
import { rulesOf, type RuleBook } from './rule-book.ts'
import type { CorrelationRule, DetectionRule, RuleHead } from './rule.ts'
import { Correlation } from './run/correlation.ts'
import { hitOf, type Hit } from './run/hit.ts'

/** Takes what has been found. */
export type OnHit = (rule: RuleHead, hit: Hit) => void

type Bucket = RuleBucket<DetectionRule>

/** Everything that one book needs to be judged by, apart from what it has told. */
export class RulesAtWork {
  readonly book: RuleBook
  /** How often each rule has held, by key. */
  readonly hits: Map<string, number>
  readonly #atMoment = new Map<string, Bucket>()
  readonly #atEndOfAll: Bucket | null
  readonly #gateOfAll: FlowGate
  /** By the index of the flow's application. */
  readonly #atEndOf: readonly (Bucket | null)[]
  /** The correlations that count a rule's hits, and the rule's place among theirs. */
  readonly #countedBy = new Map<
    string,
    { readonly correlation: Correlation; readonly index: number }[]
  >()
  readonly #correlations: readonly Correlation[]
  readonly #digests: ReadonlyMap<string, string>

  /** Rules that were in `before` too, untouched, go on counting where they were. */
  constructor(book: RuleBook, before: RulesAtWork | null = null) {
    this.book = book
    this.#digests = new Map(rulesOf(book).map(({ key, digest }) => [key, digest]))
    this.hits = new Map([...(before?.hits ?? [])].filter(([key]) => this.#isSame(key, before)))
    this.#correlations = book.correlations.map((rule) => this.#correlationFor(rule, before))
    for (const correlation of this.#correlations) this.#subscribe(correlation)
    for (const moment of new Set(book.detections.flatMap(({ moments }) => moments))) {
      const rules = book.detections.filter(({ moments }) => moments.includes(moment))
      if (moment !== 'end') this.#atMoment.set(moment, new RuleBucket(rules))
    }
    const atEnd = book.detections.filter(({ moments }) => moments.includes('end'))
    const ofAll = atEnd.filter(({ category }) => category.applications.length === 0)
    this.#atEndOfAll = bucketOf(ofAll)
    this.#gateOfAll = new FlowGate(ofAll)
    this.#atEndOf = APPLICATIONS.map((application) =>
      bucketOf(atEnd.filter(({ category }) => category.applications.includes(application))),
    )
  }

  /** Says whether any rule is judged at the moment, or its category's flows at their end. */
  bucketAt(moment: string): Bucket | undefined {
    return this.#atMoment.get(moment)
  }

  /** What the flow is judged by at its end, whatever its application; null where no rule can hold. */
  endOfAny(flow: FlowView): Bucket | null {
    return this.#gateOfAll.isOpenTo(flow) ? this.#atEndOfAll : null
  }

  endOf(application: number): Bucket | null {
    return this.#atEndOf[application] ?? null
  }

  /** Judges a subject by a bucket's rules. */
  judge(bucket: Bucket, subject: Subject, onHit: OnHit): void {
    bucket.judge(subject, (rule) => this.#held(rule, subject, onHit))
  }

  /** Ends the spans of correlations that have passed. */
  close(nowUs: number, onHit: OnHit): void {
    for (const correlation of this.#correlations) {
      for (const hit of correlation.closed(nowUs)) {
        this.#count(correlation.rule)
        onHit(correlation.rule, hit)
      }
    }
  }

  /** Says whether a rule is in force as it was. */
  has({ key, digest }: RuleHead): boolean {
    return this.#digests.get(key) === digest
  }

  get forgotten(): number {
    return this.#correlations.reduce((sum, { forgotten }) => sum + forgotten, 0)
  }

  #held(rule: DetectionRule, subject: Subject, onHit: OnHit): void {
    this.#found(rule, () => hitOf(subject, rule.roles, rule.evidence), subject, onHit)
  }

  /** Hands a hit to the correlations that count its rule, each of which may be counted by others in turn. */
  #found(rule: RuleHead, describe: () => Hit, subject: Subject, onHit: OnHit): void {
    this.#count(rule)
    const counting = this.#countedBy.get(rule.key) ?? []
    for (const { correlation, index } of counting) {
      const hit = correlation.note(index, subject)
      if (hit !== null) this.#found(correlation.rule, () => hit, subject, onHit)
    }
    // A rule that correlations refer to is their part, unless one of them says otherwise.
    const isQuiet =
      counting.length > 0 && counting.every(({ correlation }) => !correlation.rule.generates)
    if (!isQuiet) onHit(rule, describe())
  }

  #count({ key }: RuleHead): void {
    this.hits.set(key, (this.hits.get(key) ?? 0) + 1)
  }

  #subscribe(correlation: Correlation): void {
    for (const [index, key] of correlation.rule.rules.entries()) {
      const counting = this.#countedBy.get(key) ?? []
      counting.push({ correlation, index })
      this.#countedBy.set(key, counting)
    }
  }

  #correlationFor(rule: CorrelationRule, before: RulesAtWork | null): Correlation {
    const isSame = this.#partsOf(rule).every((key) => this.#isSame(key, before))
    const known = isSame ? before?.correlationOf(rule.key) : undefined
    return known ?? new Correlation(rule)
  }

  /** The rule and all that it counts, however indirectly. */
  #partsOf({ key, rules }: CorrelationRule): readonly string[] {
    const inner = this.book.correlations.filter((one) => rules.includes(one.key))
    return [key, ...rules, ...inner.flatMap((one) => this.#partsOf(one))]
  }

  correlationOf(key: string): Correlation | undefined {
    return this.#correlations.find(({ rule }) => rule.key === key)
  }

  #isSame(key: string, before: RulesAtWork | null): boolean {
    const digest = this.#digests.get(key)
    return digest !== undefined && before !== null && before.#digests.get(key) === digest
  }
}

function bucketOf(rules: readonly DetectionRule[]): Bucket | null {
  return rules.length === 0 ? null : new RuleBucket(rules)
}
