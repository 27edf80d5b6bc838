/** The condition of a rule: `and`, `or`, `not`, parentheses, `1 of them`, `all of sel*` (Sigma 2.0, "Condition"). */
import type { Place } from '../../../core/schema/yaml.ts'
import { didYouMean, Refusal } from './fault.ts'

/** A condition as a tree; `name` is a search identifier, `least` how many of the names must hold. */
export type Condition =
  | { readonly kind: 'search'; readonly name: string }
  | { readonly kind: 'not'; readonly operand: Condition }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Condition[] }
  | { readonly kind: 'of'; readonly names: readonly string[]; readonly least: number }

const LONGEST = 4096
const MOST_TOKENS = 1000
const DEEPEST = 50
const TOKEN = /\s*([()]|[^\s()]+)/gy

/** Reads a condition over the searches of a rule. Errors: `Refusal`. */
export function readCondition(text: string, searches: readonly string[], at: Place): Condition {
  const reader = new ConditionReader(tokensOf(text, at), searches, at)
  return reader.whole()
}

function tokensOf(text: string, at: Place): string[] {
  if (text.length > LONGEST) throw new Refusal(at, `condition is longer than ${LONGEST} characters`)
  if (text.includes('|')) {
    const cure = 'write a correlation rule (event_count, value_count, temporal) instead'
    throw new Refusal(at, `aggregations behind | are no longer part of Sigma; ${cure}`)
  }
  const tokens = [...text.trim().matchAll(TOKEN)].map((match) => match[1]!)
  if (tokens.length > MOST_TOKENS) throw new Refusal(at, 'condition has too many words')
  return tokens
}

class ConditionReader {
  readonly #tokens: readonly string[]
  readonly #searches: readonly string[]
  readonly #at: Place
  #next = 0
  #depth = 0

  constructor(tokens: readonly string[], searches: readonly string[], at: Place) {
    this.#tokens = tokens
    this.#searches = searches
    this.#at = at
  }

  whole(): Condition {
    const condition = this.#or()
    const rest = this.#tokens[this.#next]
    if (rest !== undefined) this.#refuse(`condition: '${rest}' is not expected there`)
    return condition
  }

  #or(): Condition {
    return this.#chain('or', () => this.#and())
  }

  #and(): Condition {
    return this.#chain('and', () => this.#not())
  }

  #chain(word: 'and' | 'or', operand: () => Condition): Condition {
    const operands = [operand()]
    while (this.#take(word)) operands.push(operand())
    return operands.length === 1 ? operands[0]! : { kind: word, operands }
  }

  #not(): Condition {
    this.#depth += 1
    if (this.#depth > DEEPEST) this.#refuse('condition is nested too deeply')
    const read = this.#take('not')
      ? ({ kind: 'not', operand: this.#not() } as const)
      : this.#primary()
    this.#depth -= 1
    return read
  }

  #primary(): Condition {
    const token = this.#tokens[this.#next]
    if (token === undefined) return this.#refuse('condition ends where a search is expected')
    this.#next += 1
    if (token === '(') {
      const inner = this.#or()
      if (!this.#take(')')) this.#refuse("condition: a '(' is not closed")
      return inner
    }
    if (this.#tokens[this.#next]?.toLowerCase() === 'of') return this.#quantified(token)
    if (!this.#searches.includes(token)) {
      const hint = didYouMean(token, this.#searches)
      this.#refuse(`condition names '${token}', which the detection does not have${hint}`)
    }
    return { kind: 'search', name: token }
  }

  /** `1 of them`, `all of sel*`. */
  #quantified(quantity: string): Condition {
    this.#next += 1
    const pattern = this.#tokens[this.#next]
    if (pattern === undefined) return this.#refuse("condition: 'of' is followed by nothing")
    this.#next += 1
    const names = this.#named(pattern)
    if (names.length === 0) this.#refuse(`condition: no search is called '${pattern}'`)
    const word = quantity.toLowerCase()
    if (word === 'all') return { kind: 'of', names, least: names.length }
    if (word === 'any') return { kind: 'of', names, least: 1 }
    const least = /^\d{1,3}$/.test(word) ? Number(word) : 0
    if (least < 1 || least > names.length) {
      this.#refuse(`condition: '${quantity} of ${pattern}' asks for none, or more than there are`)
    }
    return { kind: 'of', names, least }
  }

  #named(pattern: string): readonly string[] {
    if (pattern.toLowerCase() === 'them') {
      return this.#searches.filter((name) => !name.startsWith('_'))
    }
    const escaped = pattern.split('*').map((part) => part.replace(/[^\w]/g, '\\$&'))
    const test = new RegExp(`^${escaped.join('[^]*')}$`)
    return this.#searches.filter((name) => test.test(name))
  }

  #take(word: string): boolean {
    if (this.#tokens[this.#next]?.toLowerCase() !== word) return false
    this.#next += 1
    return true
  }

  #refuse(reason: string): never {
    throw new Refusal(this.#at, reason)
  }
}
