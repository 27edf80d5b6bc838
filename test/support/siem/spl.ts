/** Runs a search of Splunk's language on events: as much of it as the saved searches use, by its reference. */
import {
  cellText,
  column,
  expression,
  splitOutside,
  summedUp,
  type Cell,
  type Functions,
  type Row,
} from './expression.ts'

/** Fields as Splunk's extractions give them; `_time` and `_indextime` in seconds. */
export type SplunkEvent = Row

const SPANS: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400 }

/** The functions of `eval`; a multivalue field is a list. */
export function evalFunctions(nowSeconds = 0): Functions {
  const regex = (text: Cell): RegExp => new RegExp(cellText(text), 'g')
  return {
    null: () => null,
    true: () => true,
    now: () => nowSeconds,
    if: (isSo, yes, no) => (isSo === true ? yes : no),
    case: (...given) => {
      for (let index = 0; index < given.length; index += 2) {
        if (given[index] === true) return given[index + 1]
      }
      return null
    },
    coalesce: (...given) => given.find((value) => value !== null && value !== undefined) ?? null,
    lower: (text) => (text === null ? null : cellText(text).toLowerCase()),
    split: (text, at) => (text === null ? null : cellText(text).split(cellText(at))),
    replace: (text, pattern, by) =>
      text === null ? null : cellText(text).replace(regex(pattern), () => cellText(by)),
    mvindex: (values, index) => [values].flat()[Number(index)] ?? null,
    tonumber: (text) => (text === null ? null : Number(text)),
    mvappend: (...given) => {
      const values = given.flat().filter((value) => value !== null)
      return values.length === 0 ? null : values
    },
    relative_time: (time, offset) => {
      const [, sign, amount, unit] = /^([-+])(\d+)([mhd])$/.exec(cellText(offset))!
      return Number(time) + (sign === '-' ? -1 : 1) * Number(amount) * SPANS[unit!]!
    },
  }
}

/** Returns the rows that the search gives for the events, at the time `nowSeconds`. */
export function spl(search: string, events: readonly SplunkEvent[], nowSeconds: number): Row[] {
  const [first, ...commands] = splitOutside(search, '|')
  let rows: readonly Row[] = events.filter((event) => fits(event, first!))
  for (const command of commands) {
    const [name, ...rest] = command.split(' ')
    const run = COMMANDS[name!]
    if (run === undefined) throw new Error(`no command ${name}`)
    rows = run(rows, rest.join(' '), evalFunctions(nowSeconds))
  }
  return [...rows]
}

/**
 * The words before the first bar: `field=value` with wildcards, joined by AND, each with a NOT or not.
 *
 * No pattern matches a field that is not there, so `field=*` asks whether it is.
 */
function fits(event: SplunkEvent, terms: string): boolean {
  const found = [...terms.matchAll(/(NOT )?([\w:]+)=(?:"([^"]*)"|(\S+))/g)]
  return found.every(([, negated, field, quoted, bare]) => {
    const pattern = (quoted ?? bare)!.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')
    const value = event[field!] ?? null
    const matches = value !== null && new RegExp(`^${pattern}$`, 's').test(cellText(value))
    return matches === (negated === undefined)
  })
}

type Command = (rows: readonly Row[], rest: string, functions: Functions) => readonly Row[]

const COMMANDS: Readonly<Record<string, Command>> = {
  where: (rows, rest, functions) => {
    const isWanted = expression(rest, functions)
    return rows.filter((row) => isWanted(row) === true)
  },
  eval: (rows, rest, functions) => {
    const at = rest.indexOf('=')
    const value = expression(rest.slice(at + 1), functions)
    return rows.map((row) => ({ ...row, [rest.slice(0, at).trim()]: value(row) }))
  },
  mvexpand: (rows, name) =>
    rows.flatMap((row) => [row[name]].flat().map((value) => ({ ...row, [name]: value }))),
  stats,
}

function stats(rows: readonly Row[], rest: string, functions: Functions): readonly Row[] {
  const [what, by] = rest.split(' by ')
  const columns = splitOutside(what!, ',').map((written) => {
    const [, aggregate, argument, name] = /^(\w+)(?:\((.*)\))? as (\w+)$/.exec(written)!
    const source = /^eval\((.*)\)$/.exec(argument ?? '')?.[1] ?? argument
    return column(name!, aggregate!, source, functions)
  })
  return summedUp(rows, splitOutside(by!, ','), columns)
}
