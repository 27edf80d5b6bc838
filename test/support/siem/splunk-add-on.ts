/** The Splunk add-on's own files at work: what its stanzas make of a message, as Splunk would. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packagedFile } from '../../../src/core/files/package-root.ts'
import { cellText, expression, type Evaluate, type Row } from './expression.ts'
import { evalFunctions, spl } from './spl.ts'

export const ADD_ON = packagedFile('deploy/splunk/TA-picket')

type Stanzas = Readonly<Record<string, Readonly<Record<string, string>>>>

/** Reads one of the add-on's configuration files. */
export function stanzas(name: string): Stanzas {
  const found: Record<string, Record<string, string>> = {}
  let section: Record<string, string> = {}
  for (const line of readFileSync(join(ADD_ON, 'default', name), 'utf8').split('\n')) {
    const head = /^\[(.*)\]$/.exec(line)?.[1]
    if (head !== undefined) section = found[head] = {}
    else if (line !== '' && !line.startsWith('#')) {
      const at = line.indexOf('=')
      section[line.slice(0, at).trim()] = line.slice(at + 1).trim()
    }
  }
  return found
}

export const TRANSFORMS = stanzas('transforms.conf')
export const PROPS = stanzas('props.conf')
const EVENT_TYPES = stanzas('eventtypes.conf')
const TAGS = stanzas('tags.conf')

/** The sourcetype that a message has behind the index-time transforms of the one that it came in with. */
export function sourcetypeOf(message: string, arrivedAs = 'picket:cef'): string {
  for (const [key, name] of Object.entries(PROPS[arrivedAs]!)) {
    if (!key.startsWith('TRANSFORMS-')) continue
    const { REGEX, FORMAT, DEST_KEY } = TRANSFORMS[name]!
    if (DEST_KEY !== 'MetaData:Sourcetype') throw new Error(`${name} changes ${DEST_KEY}`)
    if (new RegExp(REGEX!).test(message)) return FORMAT!.replace(/^sourcetype::/, '')
  }
  return arrivedAs
}

/** What Splunk extracts; where a key came twice it would keep the first. */
export function extracted(message: string): Record<string, string> {
  const header = new RegExp(TRANSFORMS['picket_cef_header']!['REGEX']!).exec(message)!
  const fields: Record<string, string> = { ...header.groups }
  const pairs = new RegExp(TRANSFORMS['picket_cef_extension']!['REGEX']!, 'g')
  for (const [, key, value] of message.matchAll(pairs)) fields[key!] ??= value!
  return fields
}

/** As `KV_MODE = json` has it: dotted names, `{}` behind that of a list, all values text. */
export function jsonFields(value: object, prefix = ''): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]: [string, unknown]) => {
      if (Array.isArray(inner)) return [[`${prefix}${name}{}`, inner.map(cellText)]]
      if (typeof inner === 'object') return Object.entries(jsonFields(inner!, `${prefix}${name}.`))
      return [[`${prefix}${name}`, cellText(inner)]]
    }),
  )
}

/** The fields that a sourcetype calculates, by name. */
export function calculations(sourcetype: string): readonly (readonly [string, Evaluate])[] {
  const known = parsed.get(sourcetype)
  if (known !== undefined) return known
  const made = Object.entries(PROPS[sourcetype]!)
    .filter(([key]) => key.startsWith('EVAL-'))
    .map(([key, source]) => {
      return [key.slice('EVAL-'.length), expression(source, evalFunctions())] as const
    })
  parsed.set(sourcetype, made)
  return made
}

const parsed = new Map<string, readonly (readonly [string, Evaluate])[]>()

/** All fields that a search sees: Splunk calculates each from what was extracted, none from another. */
export function searched(sourcetype: string, fields: Row): Row {
  const calculated = calculations(sourcetype).map(([name, value]) => [name, value(fields)] as const)
  const present = calculated.filter(([, value]) => value !== null)
  return { sourcetype, ...fields, ...Object.fromEntries(present) }
}

/** A message as CEF, and the same as a document, as a search sees them. */
export function bothSearched(cef: string, ecs: string): readonly [cef: Row, ecs: Row] {
  const sourcetype = sourcetypeOf(cef)
  return [
    searched(sourcetype, extracted(cef)),
    searched(sourcetype.replace('cef', 'ecs'), jsonFields(JSON.parse(ecs) as object)),
  ]
}

/** The tags of an event, by the add-on's event types. */
export function tagsOf(row: Row): readonly string[] {
  return Object.entries(TAGS)
    .filter(([name]) => {
      const search = EVENT_TYPES[name.replace('eventtype=', '')]!['search']!
      return spl(search, [row], 0).length > 0
    })
    .flatMap(([, tags]) => Object.keys(tags))
}
