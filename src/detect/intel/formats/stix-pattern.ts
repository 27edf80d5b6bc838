/**
 * STIX patterns: the values of those that one packet can show.
 *
 * Source: STIX 2.1 §9. Left out: `NOT`, `LIKE`, `MATCHES` and the comparisons of order; what is asked of several
 * observations together.
 */

const LONGEST_PATTERN = 100_000
const DEEPEST = 32
const TOKEN =
  /\s*(?:([a-z0-9-]+:(?:[\w.-]|\[[\w*]*\]|'[^']*')+)|([tbh]?'(?:[^'\\]|\\.)*')|([[\](),]|[!<>=]+|[\w.+-]+))/isy
const OURS =
  /^(?:ipv[46]-addr:value|domain-name:value|url:value|network-traffic:(?:src|dst)_ref\.value|.*ja[34].*)$/i
/** What says only where else, or of which sort, the value beside it is. */
const CONTEXT = /^network-traffic:(?:(?:src|dst)_ref\.type|(?:src|dst)_port|protocols\b.*)$/i

/** Values of which any one is enough; `context` narrows them down; `other` asks for more than can be seen. */
type Meaning = readonly string[] | 'context' | 'other'

/**
 * The values of which any one makes the pattern hold; none where it asks for more than one packet shows, null
 * where nothing in it is ours to look for.
 *
 * Cost: one look at each character.
 */
export function valuesInPattern(pattern: string): readonly string[] | null {
  if (pattern.length > LONGEST_PATTERN) return []
  const reader = new PatternReader(tokensOf(pattern))
  const meaning = reader.whole()
  if (!reader.isOurs) return null
  return typeof meaning === 'string' ? [] : meaning
}

interface Token {
  readonly kind: 'property' | 'text' | 'mark'
  readonly text: string
}

/** Ends with a mark that nothing expects where the pattern goes on as none does. */
function tokensOf(pattern: string): readonly Token[] {
  const tokens: Token[] = []
  const end = pattern.trimEnd().length
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < end;) {
    const match = TOKEN.exec(pattern)
    if (match === null) return [...tokens, { kind: 'mark', text: '?' }]
    const [, property, text, mark] = match
    if (property !== undefined) tokens.push({ kind: 'property', text: property })
    else if (text !== undefined) tokens.push({ kind: 'text', text })
    else tokens.push({ kind: 'mark', text: mark!.toUpperCase() })
  }
  return tokens
}

class PatternReader {
  /** A property that feeds are read for was named. */
  isOurs = false
  readonly #tokens: readonly Token[]
  #next = 0
  #depth = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  whole(): Meaning {
    const meaning = this.#any(() => this.#observation())
    return this.#next === this.#tokens.length ? meaning : 'other'
  }

  #observation(): Meaning {
    const inBrackets = this.#inside('[', ']', () => this.#any(() => this.#all()))
    return (
      inBrackets ??
      this.#inside('(', ')', () => this.#any(() => this.#observation())) ??
      this.#lost()
    )
  }

  #any(operand: () => Meaning): Meaning {
    const operands = [operand()]
    while (this.#take('OR')) operands.push(operand())
    if (operands.length === 1) return operands[0]!
    return operands.some((one) => typeof one === 'string')
      ? 'other'
      : (operands as readonly (readonly string[])[]).flat()
  }

  #all(): Meaning {
    const operands = [this.#comparison()]
    while (this.#take('AND')) operands.push(this.#comparison())
    const asking = operands.filter((one) => one !== 'context')
    return asking.length === 1 ? asking[0]! : asking.length === 0 ? 'context' : 'other'
  }

  #comparison(): Meaning {
    const inner = this.#inside('(', ')', () => this.#any(() => this.#all()))
    if (inner !== null) return inner
    const property = this.#tokens[this.#next]
    if (property?.kind !== 'property') return this.#lost()
    this.#next += 1
    const isOurs = OURS.test(property.text)
    this.isOurs ||= isOurs
    const isTaken = this.#take('=') || this.#take('ISSUBSET') || this.#take('IN')
    const values = this.#values()
    if (!isTaken || values === null) return this.#lost()
    return isOurs ? values : CONTEXT.test(property.text) ? 'context' : 'other'
  }

  /** One value, or several in parentheses. */
  #values(): readonly string[] | null {
    if (!this.#take('(')) {
      const value = this.#value()
      return value === null ? null : [value]
    }
    const values: string[] = []
    do {
      const value = this.#value()
      if (value === null) return null
      values.push(value)
    } while (this.#take(','))
    return this.#take(')') ? values : null
  }

  #value(): string | null {
    const token = this.#tokens[this.#next]
    const isValue = token?.kind === 'text' || (token !== undefined && /^[\w.+-]/.test(token.text))
    if (!isValue || token.kind === 'property') return null
    this.#next += 1
    return token.text.replace(/^[tbh]?'|'$/g, '').replace(/\\(.)/gs, '$1')
  }

  /** What stands between two marks; null where the first is not there. */
  #inside(open: string, close: string, inner: () => Meaning): Meaning | null {
    if (this.#depth >= DEEPEST || !this.#take(open)) return null
    this.#depth += 1
    const meaning = inner()
    this.#depth -= 1
    return this.#take(close) ? meaning : this.#lost()
  }

  /** Goes on to the end, for the properties that are named on the way. */
  #lost(): 'other' {
    this.isOurs ||= this.#tokens
      .slice(this.#next)
      .some(({ kind, text }) => kind === 'property' && OURS.test(text))
    this.#next = this.#tokens.length
    return 'other'
  }

  #take(mark: string): boolean {
    const token = this.#tokens[this.#next]
    if (token?.kind !== 'mark' || token.text !== mark) return false
    this.#next += 1
    return true
  }
}
