/** Grok as far as it goes without a library of patterns: named parts, defined beside the pattern. */

/** Returns what the pattern's named parts hold, by their dotted names; null where the text does not match. */
export function grok(
  pattern: string,
  definitions: Readonly<Record<string, string>>,
  text: string,
): Record<string, string> | null {
  const { expression, names } = compiled(pattern, definitions)
  const match = expression.exec(text)
  if (match === null) return null
  return Object.fromEntries(
    names.flatMap((name, index) => {
      const value = match.groups?.[`part${index}`]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

interface Compiled {
  readonly expression: RegExp
  readonly names: readonly string[]
}

/** A pipeline asks the same of every document. */
const known = new Map<string, Compiled>()

function compiled(pattern: string, definitions: Readonly<Record<string, string>>): Compiled {
  const key = JSON.stringify([pattern, definitions])
  const names: string[] = []
  const made = known.get(key) ?? {
    expression: new RegExp(expand(pattern, definitions, names), 'u'),
    names,
  }
  known.set(key, made)
  return made
}

function expand(
  pattern: string,
  definitions: Readonly<Record<string, string>>,
  names: string[],
): string {
  return pattern.replace(/%\{(\w+)(?::([\w.]+))?\}/g, (_, key: string, name?: string) => {
    const definition = definitions[key]
    if (definition === undefined) throw new Error(`Unable to find pattern [${key}]`)
    const opening = name === undefined ? '(?:' : `(?<part${names.push(name) - 1}>`
    return `${opening}${expand(definition, definitions, names)})`
  })
}
