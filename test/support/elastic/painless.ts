/**
 * Runs the little of Painless that ingest pipelines need: conditions, and assignments to fields.
 *
 * Written from the language's specification, with its strictness: a member of null throws unless `?.` asks for it, an
 * unknown method or word throws. Numbers are compared and reckoned with as they come.
 */

type Value = unknown
type Scope = Readonly<Record<string, Value>>
type Evaluate = (scope: Scope) => Value

const TOKEN =
  /\s*(?:(\d+(?:\.\d+)?)[LlDd]?|'((?:[^'\\]|\\.)*)'|([A-Za-z_]\w*)|(\?\.|==|!=|<=|>=|&&|\|\||[-+*/().,;=<>![\]]))/y

interface Token {
  readonly kind: 'number' | 'text' | 'word' | 'sign'
  readonly text: string
}

function tokens(source: string): Token[] {
  const found: Token[] = []
  TOKEN.lastIndex = 0
  while (source.slice(TOKEN.lastIndex).trim() !== '') {
    const at = TOKEN.lastIndex
    const match = TOKEN.exec(source)
    if (match === null) throw new Error(`no Painless at ${source.slice(at, at + 20)}`)
    const [, number, text, word, sign] = match
    if (number !== undefined) found.push({ kind: 'number', text: number })
    else if (text !== undefined)
      found.push({ kind: 'text', text: text.replace(/\\(['\\])/g, '$1') })
    else if (word !== undefined) found.push({ kind: 'word', text: word })
    else found.push({ kind: 'sign', text: sign! })
  }
  return found
}

/** Gives what a condition says of `ctx`; throws where Elasticsearch would, and where it is no boolean. */
export function painlessCondition(source: string, ctx: object): boolean {
  const value = parsedCondition(source)({ ctx })
  if (typeof value !== 'boolean') throw new Error(`the condition is no boolean: ${source}`)
  return value
}

/** A pipeline asks the same of every document. */
const conditions = new Map<string, Evaluate>()

function parsedCondition(source: string): Evaluate {
  const known = conditions.get(source) ?? new Parser(tokens(source)).expression()
  conditions.set(source, known)
  return known
}

/** Runs a script of assignments `ctx.a.b = expression`. */
export function runPainless(source: string, ctx: Record<string, Value>): void {
  const parser = new Parser(tokens(source))
  while (!parser.isAtEnd()) {
    const path = parser.target()
    const value = parser.expression()({ ctx })
    parser.skip(';')
    let place = ctx
    for (const name of path.slice(0, -1)) place = memberOf(place, name) as Record<string, Value>
    place[path.at(-1)!] = value
  }
}

/** From the loosest binding to the tightest. */
const LEVELS = [['||'], ['&&'], ['==', '!='], ['<', '<=', '>', '>='], ['+', '-'], ['*', '/']]

class Parser {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(parsed: readonly Token[]) {
    this.#tokens = parsed
  }

  isAtEnd(): boolean {
    return this.#at >= this.#tokens.length
  }

  expression(level = 0): Evaluate {
    const signs = LEVELS[level]
    if (signs === undefined) return this.#unary()
    let left = this.expression(level + 1)
    for (let sign = this.#take(signs); sign !== null; sign = this.#take(signs)) {
      const [first, second, operator] = [left, this.expression(level + 1), sign]
      left = (scope) => reckon(operator, first(scope), () => second(scope))
    }
    return left
  }

  /** `ctx.a.b =`, as its path below `ctx`. */
  target(): string[] {
    const path: string[] = []
    if (this.#word() !== 'ctx') throw new Error('only fields of ctx are assigned to')
    while (this.#take(['.']) !== null) path.push(this.#word())
    this.#expect('=')
    return path
  }

  skip(sign: string): void {
    this.#take([sign])
  }

  #unary(): Evaluate {
    if (this.#take(['!']) === null) return this.#chain(this.#primary())
    const inner = this.#unary()
    return (scope) => !(inner(scope) as boolean)
  }

  #primary(): Evaluate {
    const token = this.#tokens[this.#at++]
    if (token === undefined) throw new Error('the expression ends too early')
    if (token.kind === 'number') return () => Number(token.text)
    if (token.kind === 'text') return () => token.text
    if (token.kind === 'word') return wordValue(token.text)
    if (token.text !== '(') throw new Error(`unexpected ${token.text}`)
    const inner = this.expression()
    this.#expect(')')
    return inner
  }

  #chain(start: Evaluate): Evaluate {
    let value = start
    for (
      let sign = this.#take(['.', '?.', '[']);
      sign !== null;
      sign = this.#take(['.', '?.', '['])
    ) {
      const before = value
      if (sign === '[') {
        const index = this.expression()
        this.#expect(']')
        value = (scope) => memberOf(before(scope), String(index(scope)))
      } else {
        value = this.#member(before, sign === '?.')
      }
    }
    return value
  }

  #member(of: Evaluate, isNullSafe: boolean): Evaluate {
    const name = this.#word()
    const given = this.#take(['(']) === null ? null : this.#arguments()
    return (scope) => {
      const object = of(scope)
      if (object === null || object === undefined) {
        if (isNullSafe) return null
        throw new Error(`${name} of null`)
      }
      if (given === null) return memberOf(object, name)
      return call(
        object,
        name,
        given.map((argument) => argument(scope)),
      )
    }
  }

  #arguments(): Evaluate[] {
    const given: Evaluate[] = []
    while (this.#take([')']) === null) {
      given.push(this.expression())
      this.skip(',')
    }
    return given
  }

  #word(): string {
    const token = this.#tokens[this.#at++]
    if (token?.kind !== 'word')
      throw new Error(`expected a name, found ${token?.text ?? 'the end'}`)
    return token.text
  }

  #expect(sign: string): void {
    if (this.#take([sign]) === null) throw new Error(`expected ${sign}`)
  }

  #take(signs: readonly string[]): string | null {
    const token = this.#tokens[this.#at]
    if (token?.kind !== 'sign' || !signs.includes(token.text)) return null
    this.#at += 1
    return token.text
  }
}

const LONG = Symbol('the class Long')
const WORDS: Readonly<Record<string, Value>> = { true: true, false: false, null: null, Long: LONG }

function wordValue(word: string): Evaluate {
  if (word in WORDS) return () => WORDS[word]
  return (scope) => {
    if (!(word in scope)) throw new Error(`${word} is not defined`)
    return scope[word]
  }
}

function memberOf(object: Value, name: string): Value {
  if (object === null || typeof object !== 'object') throw new Error(`${name} of no object`)
  return (object as Record<string, Value>)[name] ?? null
}

function call(object: Value, method: string, given: readonly Value[]): Value {
  const [first] = given
  if (object === LONG && method === 'parseLong') return parseLong(first)
  const isText = typeof object === 'string' && typeof first === 'string'
  if (isText && method === 'contains') return object.includes(first)
  if (isText && method === 'startsWith') return object.startsWith(first)
  if (Array.isArray(object) && method === 'contains') return object.includes(first)
  throw new Error(`no method ${method}`)
}

function parseLong(text: Value): number {
  if (typeof text !== 'string' || !/^[+-]?\d+$/.test(text)) throw new Error('no long')
  return Number(text)
}

function reckon(operator: string, left: Value, right: () => Value): Value {
  if (operator === '||') return left === true || right()
  if (operator === '&&') return left === true && right()
  const other = right()
  if (operator === '==') return left === other
  if (operator === '!=') return left !== other
  if (typeof left !== 'number' || typeof other !== 'number') {
    throw new Error(`${operator} of what are no numbers`)
  }
  const results: Readonly<Record<string, number | boolean>> = {
    ...{ '<': left < other, '<=': left <= other, '>': left > other, '>=': left >= other },
    ...{ '+': left + other, '-': left - other, '*': left * other, '/': left / other },
  }
  return results[operator]
}
