/** Expressions as the piped query languages of SIEMs have them (ES|QL, SPL): parsed here, functions given by each. */

export type Cell = unknown
export type Row = Readonly<Record<string, Cell>>
export type Evaluate = (row: Row) => Cell
export type Functions = Readonly<Record<string, (...given: readonly Cell[]) => Cell>>

const TOKEN =
  /\s*(?:(\d+(?:\.\d+)?)|"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z_@][\w.@]*)|(==|!=|<=|>=|[-+*/(),.=<>]))/y
type Token = readonly [kind: 'number' | 'text' | 'name' | 'sign', text: string]

function tokensOf(source: string): Token[] {
  const found: Token[] = []
  TOKEN.lastIndex = 0
  while (source.slice(TOKEN.lastIndex).trim() !== '') {
    const at = TOKEN.lastIndex
    const match = TOKEN.exec(source)
    if (match === null) throw new Error(`cannot read: ${source.slice(at)}`)
    const [, number, text, quoted, name, sign] = match
    if (number !== undefined) found.push(['number', number])
    else if (text !== undefined) found.push(['text', text.replace(/\\(.)/g, '$1')])
    else if (quoted !== undefined || name !== undefined) found.push(['name', (quoted ?? name)!])
    else found.push(['sign', sign!])
  }
  return found
}

/** Returns what gives the expression's value for a row; a name that no row has is null. */
export function expression(source: string, functions: Functions): Evaluate {
  const parser = new Parser(tokensOf(source), functions)
  const parsed = parser.either()
  if (!parser.isAtEnd()) throw new Error(`something is left over: ${source}`)
  return parsed
}

/** Spans of time as ES|QL writes them behind a number. */
const SPANS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }

class Parser {
  readonly #tokens: readonly Token[]
  readonly #functions: Functions
  #at = 0

  constructor(tokens: readonly Token[], functions: Functions) {
    this.#tokens = tokens
    this.#functions = functions
  }

  isAtEnd(): boolean {
    return this.#at >= this.#tokens.length
  }

  either(): Evaluate {
    let left = this.#both()
    while (this.#takeWord('or')) {
      const [first, second] = [left, this.#both()]
      left = (row) => first(row) === true || second(row) === true
    }
    return left
  }

  #both(): Evaluate {
    let left = this.#negation()
    while (this.#takeWord('and')) {
      const [first, second] = [left, this.#negation()]
      left = (row) => first(row) === true && second(row) === true
    }
    return left
  }

  #negation(): Evaluate {
    if (!this.#takeWord('not')) return this.#comparison()
    const inner = this.#negation()
    return (row) => inner(row) !== true
  }

  #comparison(): Evaluate {
    const left = this.#sum()
    if (this.#takeWord('is')) {
      const isWanted = !this.#takeWord('not')
      if (!this.#takeWord('null')) throw new Error('IS needs NULL')
      return (row) => ((left(row) ?? null) === null) === isWanted
    }
    if (this.#takeWord('in')) {
      const items = this.#list()
      return (row) => items.some((item) => item(row) === left(row))
    }
    if (this.#takeWord('like')) {
      const pattern = this.#sum()
      return (row) => matches(left(row), pattern(row))
    }
    const sign = this.#takeSign('==', '!=', '<=', '>=', '=', '<', '>')
    if (sign === null) return left
    const right = this.#sum()
    return (row) => compared(left(row), sign, right(row))
  }

  #sum(): Evaluate {
    let left = this.#product()
    for (
      let sign = this.#takeSign('+', '-', '.');
      sign !== null;
      sign = this.#takeSign('+', '-', '.')
    ) {
      const [first, second, operator] = [left, this.#product(), sign]
      left = (row) => reckoned(first(row), operator, second(row))
    }
    return left
  }

  #product(): Evaluate {
    let left = this.#atom()
    for (let sign = this.#takeSign('*', '/'); sign !== null; sign = this.#takeSign('*', '/')) {
      const [first, second, operator] = [left, this.#atom(), sign]
      left = (row) => reckoned(first(row), operator, second(row))
    }
    return left
  }

  #atom(): Evaluate {
    const [kind, text] = this.#tokens[this.#at++] ?? ['sign', 'the end']
    if (kind === 'number') return this.#number(Number(text))
    if (kind === 'text') return () => text
    if (kind === 'name') return this.#named(text)
    if (text !== '(') throw new Error(`unexpected ${text}`)
    const inner = this.either()
    this.#expect(')')
    return inner
  }

  #number(value: number): Evaluate {
    const [kind, word] = this.#tokens[this.#at] ?? []
    const span = kind === 'name' ? SPANS[word!.replace(/s$/, '')] : undefined
    if (span !== undefined) this.#at += 1
    return () => value * (span ?? 1)
  }

  #named(name: string): Evaluate {
    if (this.#tokens[this.#at]?.[1] !== '(' || this.#tokens[this.#at]![0] !== 'sign') {
      const constant = { null: null, true: true, false: false }[name.toLowerCase()]
      return constant === undefined ? (row) => row[name] ?? null : () => constant
    }
    const given = this.#list()
    const call = this.#functions[name.toLowerCase()]
    if (call === undefined) throw new Error(`no function ${name}`)
    return (row) => call(...given.map((argument) => argument(row)))
  }

  #list(): Evaluate[] {
    this.#expect('(')
    const items: Evaluate[] = []
    while (this.#takeSign(')') === null) {
      items.push(this.either())
      this.#takeSign(',')
    }
    return items
  }

  #expect(sign: string): void {
    if (this.#takeSign(sign) === null) throw new Error(`expected ${sign}`)
  }

  #takeSign(...signs: readonly string[]): string | null {
    const [kind, text] = this.#tokens[this.#at] ?? []
    if (kind !== 'sign' || !signs.includes(text!)) return null
    this.#at += 1
    return text!
  }

  #takeWord(word: string): boolean {
    const [kind, text] = this.#tokens[this.#at] ?? []
    if (kind !== 'name' || text!.toLowerCase() !== word) return false
    this.#at += 1
    return true
  }
}

/** A cell as text; a list is its members, one behind the other. */
export function cellText(cell: Cell): string {
  if (Array.isArray(cell)) return cell.map(cellText).join(',')
  if (typeof cell === 'string') return cell
  return cell === null || cell === undefined ? '' : JSON.stringify(cell)
}

/** Anything compared with null is null, which no condition takes for true. */
function compared(left: Cell, sign: string, right: Cell): boolean | null {
  if (left === null || right === null || left === undefined || right === undefined) return null
  if (sign === '==' || sign === '=') return cellText(left) === cellText(right)
  if (sign === '!=') return cellText(left) !== cellText(right)
  const [first, second] = [Number(left), Number(right)]
  if (sign === '<') return first < second
  if (sign === '<=') return first <= second
  return sign === '>' ? first > second : first >= second
}

function reckoned(left: Cell, operator: string, right: Cell): Cell {
  if (left === null || right === null) return null
  if (operator === '.') return cellText(left) + cellText(right)
  const [first, second] = [Number(left), Number(right)]
  if (operator === '+') return first + second
  if (operator === '-') return first - second
  return operator === '*' ? first * second : first / second
}

function matches(value: Cell, pattern: Cell): boolean {
  const escaped = cellText(pattern).replace(/[.+^${}()|[\]\\]/g, '\\$&')
  const wild = escaped.replaceAll('*', '.*').replaceAll('?', '.')
  return typeof value === 'string' && new RegExp(`^${wild}$`, 's').test(value)
}

/** Splits at a character that stands neither in quotes nor in brackets. */
export function splitOutside(text: string, at: string): string[] {
  const found = ['']
  let depth = 0
  let isQuoted = false
  for (const character of text) {
    if (character === '"') isQuoted = !isQuoted
    if (!isQuoted && '(['.includes(character)) depth += 1
    if (!isQuoted && ')]'.includes(character)) depth -= 1
    if (character === at && depth === 0 && !isQuoted) found.push('')
    else found[found.length - 1] += character
  }
  return found.map((part) => part.trim())
}

/** Puts rows together that have the same values under the names; a row without one of them is left out. */
function grouped(rows: readonly Row[], names: readonly string[]): [Row, Row[]][] {
  const groups = new Map<string, [Row, Row[]]>()
  for (const row of rows) {
    const key = names.map((name) => row[name] ?? null)
    if (key.includes(null)) continue
    const kept = Object.fromEntries(names.map((name, index) => [name, key[index]]))
    const group = groups.get(JSON.stringify(key)) ?? [kept, []]
    group[1].push(row)
    groups.set(JSON.stringify(key), group)
  }
  return [...groups.values()]
}

interface Column {
  readonly name: string
  readonly combine: (values: readonly Cell[]) => Cell
  readonly value: Evaluate
}

/** What both languages sum up with, by their lower-case names; null is in no sum. */
const AGGREGATES: Readonly<Record<string, Column['combine']>> = {
  count: (values) => values.length,
  sum: (values) => values.reduce<number>((sum, value) => sum + Number(value), 0),
  min: (values) => (values.length === 0 ? null : Math.min(...values.map(Number))),
  max: (values) => (values.length === 0 ? null : Math.max(...values.map(Number))),
  values: (values) => [...new Set(values)].sort(),
  dc: (values) => new Set(values).size,
  count_distinct: (values) => new Set(values).size,
}

/** Makes a column of an aggregate; without an argument it counts rows. */
export function column(
  name: string,
  aggregate: string,
  argument: string | undefined,
  functions: Functions,
): Column {
  const combine = AGGREGATES[aggregate]
  if (combine === undefined) throw new Error(`no aggregate ${aggregate}`)
  return {
    name,
    combine,
    value: argument === undefined ? () => 1 : expression(argument, functions),
  }
}

/** Puts rows together by the names and gives each group its columns. */
export function summedUp(
  rows: readonly Row[],
  names: readonly string[],
  columns: readonly Column[],
): Row[] {
  return grouped(rows, names).map(([key, members]) => ({
    ...key,
    ...Object.fromEntries(
      columns.map(({ name, combine, value }) => [
        name,
        combine(members.map(value).filter((cell) => cell !== null)),
      ]),
    ),
  }))
}
