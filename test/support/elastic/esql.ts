/**
 * Runs an ES|QL query on documents: as much of the language as detection rules use, by its reference.
 *
 * Dates are compared as milliseconds; a date field is one whose text is an RFC 3339 time.
 */
import {
  cellText,
  column,
  expression,
  splitOutside,
  summedUp,
  type Functions,
  type Row,
} from '../siem/expression.ts'

/** Returns the rows that the query gives for the documents, at the time `nowMs`. */
export function esql(query: string, documents: readonly object[], nowMs: number): Row[] {
  const [from, ...commands] = splitOutside(query, '|')
  const dataset = /^FROM logs-(picket\.(?:event|flow))-\*(?:\s+METADATA [\w, ]+)?$/.exec(from!)?.[1]
  if (dataset === undefined) throw new Error(from)
  let rows: readonly Row[] = documents
    .map((document) => flattened(document))
    .filter((row) => row['event.dataset'] === dataset)
  for (const command of commands) {
    const [, name, rest] = /^([A-Z_]+)\s+(.*)$/s.exec(command)!
    const run = COMMANDS[name!]
    if (run === undefined) throw new Error(`no command ${name}`)
    rows = run(rows, rest!.replace(/\s+/g, ' '), functionsAt(nowMs))
  }
  return [...rows]
}

function flattened(value: object, prefix = ''): Row {
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]: [string, unknown]) => {
      const isObject = typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      if (isObject) return Object.entries(flattened(inner, `${prefix}${name}.`))
      const isDate = typeof inner === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(inner)
      return [[`${prefix}${name}`, isDate ? Date.parse(inner) : inner]]
    }),
  )
}

function functionsAt(nowMs: number): Functions {
  return {
    now: () => nowMs,
    case: (...given) => {
      for (let index = 0; index + 1 < given.length; index += 2) {
        if (given[index] === true) return given[index + 1]
      }
      return given.length % 2 === 1 ? given.at(-1) : null
    },
    coalesce: (...given) => given.find((value) => value !== null && value !== undefined) ?? null,
    to_long: (value) => Number(value),
    split: (text, at) => (text === null ? null : cellText(text).split(cellText(at))),
    mv_first: (values) => [values].flat()[0] ?? null,
    mv_append: (...given) => (given.includes(null) ? null : given.flat()),
  }
}

type Command = (rows: readonly Row[], rest: string, functions: Functions) => readonly Row[]

const COMMANDS: Readonly<Record<string, Command>> = {
  WHERE: (rows, rest, functions) => {
    const isWanted = expression(rest, functions)
    return rows.filter((row) => isWanted(row) === true)
  },
  EVAL: (rows, rest, functions) =>
    splitOutside(rest, ',').reduce<readonly Row[]>((before, assignment) => {
      const [, name, source] = /^([\w.@]+) = (.*)$/.exec(assignment)!
      const value = expression(source!, functions)
      return before.map((row) => ({ ...row, [name!]: value(row) }))
    }, rows),
  MV_EXPAND: (rows, name) =>
    rows.flatMap((row) => [row[name]].flat().map((value) => ({ ...row, [name]: value }))),
  STATS: stats,
  KEEP: (rows, rest) => {
    const names = splitOutside(rest, ',')
    return rows.map((row) => Object.fromEntries(names.map((name) => [name, row[name] ?? null])))
  },
  SORT: (rows) => rows,
}

function stats(rows: readonly Row[], rest: string, functions: Functions): readonly Row[] {
  const [what, by] = rest.split(/ BY /)
  const columns = splitOutside(what!, ',').map((written) => {
    const [, name, aggregate, argument] = /^(\w+) = ([A-Z_]+)\((.*)\)$/.exec(written)!
    return column(
      name!,
      aggregate!.toLowerCase(),
      argument === '*' ? undefined : argument,
      functions,
    )
  })
  return summedUp(rows, splitOutside(by!, ','), columns)
}
