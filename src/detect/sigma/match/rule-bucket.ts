/** The rules that are judged at one moment, found by what must be there for them to hold. */
import type { Field } from '../fields/field.ts'
import type { Subject } from '../fields/subject.ts'
import { LiteralSearch } from './literal-index.ts'
import type { Literal, Predicate } from './predicate.ts'

interface FieldIndex {
  readonly field: Field
  readonly exact: ReadonlyMap<string | number, readonly number[]>
  readonly search: LiteralSearch | null
}

/**
 * Rules of one category and moment.
 *
 * Cost: one look-up for each field that rules are indexed by; only the rules of which a literal is there, and
 * those that have none, are judged.
 */
export class RuleBucket<Rule extends { readonly predicate: Predicate }> {
  readonly #rules: readonly Rule[]
  readonly #always: readonly number[]
  readonly #indexes: readonly FieldIndex[]
  /** When each rule was last found, so that it is judged once however many of its literals are there. */
  readonly #found: Float64Array
  /** Those found, up to `#candidateCount`: to empty a list each time would cost more than to fill it. */
  readonly #candidates: Int32Array
  #candidateCount = 0
  #look = 0
  readonly #take = (rules: readonly number[]): void => {
    for (const rule of rules) {
      if (this.#found[rule] === this.#look) continue
      this.#found[rule] = this.#look
      this.#candidates[this.#candidateCount] = rule
      this.#candidateCount += 1
    }
  }

  constructor(rules: readonly Rule[]) {
    this.#rules = rules
    this.#found = new Float64Array(rules.length)
    this.#candidates = new Int32Array(rules.length)
    this.#always = [...rules.keys()].filter((index) => rules[index]!.predicate.needs === null)
    const byField = new Map<Field, (Literal & { readonly rule: number })[]>()
    for (const [rule, { predicate }] of rules.entries()) {
      for (const literal of predicate.needs ?? []) {
        const known = byField.get(literal.field) ?? []
        byField.set(literal.field, known)
        known.push({ ...literal, rule })
      }
    }
    this.#indexes = [...byField].map(([field, literals]) => indexOf(field, literals))
  }

  get size(): number {
    return this.#rules.length
  }

  /** Calls `hit` with every rule that holds. */
  judge(subject: Subject, hit: (rule: Rule) => void): void {
    this.#candidateCount = 0
    this.#look += 1
    for (const index of this.#indexes) this.#lookUp(index, subject)
    for (const rule of this.#always) this.#judgeOne(this.#rules[rule]!, subject, hit)
    for (let at = 0; at < this.#candidateCount; at += 1) {
      this.#judgeOne(this.#rules[this.#candidates[at]!]!, subject, hit)
    }
  }

  #judgeOne(rule: Rule, subject: Subject, hit: (rule: Rule) => void): void {
    if (rule.predicate.holds(subject)) hit(rule)
  }

  #lookUp({ field, exact, search }: FieldIndex, subject: Subject): void {
    const value = subject.lower(field)
    if (value === null || typeof value === 'boolean') return
    if (typeof value === 'object') {
      for (const item of value) this.#lookUpOne(item, exact, search)
    } else this.#lookUpOne(value, exact, search)
  }

  #lookUpOne(
    value: string | number,
    exact: FieldIndex['exact'],
    search: FieldIndex['search'],
  ): void {
    const rules = exact.get(value)
    if (rules !== undefined) this.#take(rules)
    if (search !== null && typeof value === 'string') search.find(value, this.#take)
  }
}

function indexOf(
  field: Field,
  literals: readonly (Literal & { readonly rule: number })[],
): FieldIndex {
  const exact = new Map<string | number, number[]>()
  const within = new Map<string, number[]>()
  for (const { kind, value, rule } of literals) {
    if (kind === 'is') exact.set(value, [...(exact.get(value) ?? []), rule])
    else within.set(String(value), [...(within.get(String(value)) ?? []), rule])
  }
  return { field, exact, search: within.size === 0 ? null : new LiteralSearch(within) }
}
