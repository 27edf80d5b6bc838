/** Tells whether a document fits a query of Kibana's language: as much of it as detection rules use. */

type Fits = (document: object) => boolean

const TOKEN = /\s*(?:"((?:[^"\\]|\\.)*)"|([()]|>=|<=|>|<|:)|([^\s"():<>]+))/y

function tokensOf(query: string): string[] {
  const found: string[] = []
  TOKEN.lastIndex = 0
  while (query.slice(TOKEN.lastIndex).trim() !== '') {
    const match = TOKEN.exec(query)
    if (match === null) throw new Error(`cannot read: ${query}`)
    found.push((match[1] ?? match[2] ?? match[3])!)
  }
  return found
}

/** Returns the query as a test of documents; throws where it is none. */
export function kql(query: string): Fits {
  const tokens = tokensOf(query)
  const fits = either(tokens)
  if (tokens.length > 0) throw new Error(`something is left over: ${tokens.join(' ')}`)
  return fits
}

function either(tokens: string[]): Fits {
  const parts = [both(tokens)]
  while (taken(tokens, 'or')) parts.push(both(tokens))
  return (document) => parts.some((fits) => fits(document))
}

function both(tokens: string[]): Fits {
  const parts = [one(tokens)]
  while (taken(tokens, 'and')) parts.push(one(tokens))
  return (document) => parts.every((fits) => fits(document))
}

function one(tokens: string[]): Fits {
  if (taken(tokens, 'not')) {
    const inner = one(tokens)
    return (document) => !inner(document)
  }
  if (taken(tokens, '(')) {
    const inner = either(tokens)
    if (!taken(tokens, ')')) throw new Error('expected )')
    return inner
  }
  const field = tokens.shift()!
  const operator = tokens.shift()
  if (operator === ':') return valued(field, tokens)
  const bound = Number(tokens.shift())
  if (operator !== '>=' && operator !== '<') throw new Error(`${field} has no operator`)
  return (document) =>
    valuesOf(document, field).some((value) =>
      operator === '>=' ? Number(value) >= bound : Number(value) < bound,
    )
}

function valued(field: string, tokens: string[]): Fits {
  const wanted: string[] = []
  if (taken(tokens, '(')) {
    do wanted.push(tokens.shift()!)
    while (taken(tokens, 'or'))
    if (!taken(tokens, ')')) throw new Error('expected )')
  } else {
    wanted.push(tokens.shift()!)
  }
  const patterns = wanted.map((value) => {
    const escaped = value.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')
    return new RegExp(`^${escaped}$`)
  })
  return (document) =>
    valuesOf(document, field).some((value) => patterns.some((each) => each.test(String(value))))
}

function valuesOf(document: object, field: string): unknown[] {
  let place: unknown = document
  for (const name of field.split('.'))
    place = (place as Record<string, unknown> | undefined)?.[name]
  return place === undefined || place === null ? [] : [place].flat()
}

function taken(tokens: string[], word: string): boolean {
  if (tokens[0] !== word) return false
  tokens.shift()
  return true
}
