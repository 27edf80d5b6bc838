/**
 * Writes JSON straight from a table of dotted names: an object for each event, only to be turned into text at once,
 * costs as much again as the text.
 */
import { cleanText, cutText } from './clean-text.ts'
import type { EcsRecord, EcsScalar, EcsValue } from './ecs-fields.ts'

/** An exact-match term of Elasticsearch ends at 32,766 bytes, a document with a longer one is refused. */
const LONGEST_TEXT = 8000

/** A field of a document: where it stands, and what it holds; null and an empty list leave it out. */
export interface WrittenField<Source> {
  /** Dotted name. */
  readonly name: string
  of(source: Source): EcsValue
}

interface Branch<Source> {
  readonly key: string
  readonly branches: Branch<Source>[]
  /** What gives the value: more than one where several fields have the name. */
  readonly sources: WrittenField<Source>['of'][]
}

/**
 * Makes the writer of documents with these fields, objects within objects as the names say.
 *
 * Of fields of the same name the last that has a value is written. Texts have what is invisible or turns the reading
 * order written out as `<U+XXXX>`, and end after 8,000 characters.
 */
export function documentWriter<Source>(
  fields: readonly WrittenField<Source>[],
): (source: Source) => string {
  const root = branch<Source>('')
  for (const { name, of } of fields) place(root, name).sources.push(of)
  return (source) => objectText(root, source) ?? '{}'
}

function branch<Source>(name: string): Branch<Source> {
  return { key: `${JSON.stringify(name)}:`, branches: [], sources: [] }
}

function place<Source>(root: Branch<Source>, name: string): Branch<Source> {
  let at = root
  for (const part of name.split('.')) {
    const fresh = branch<Source>(part)
    const known = at.branches.find(({ key }) => key === fresh.key)
    if (known === undefined) at.branches.push(fresh)
    at = known ?? fresh
  }
  return at
}

/** Null where nothing in it has a value. */
function objectText<Source>({ branches }: Branch<Source>, source: Source): string | null {
  let members = ''
  for (const one of branches) {
    const text = one.sources.length === 0 ? objectText(one, source) : lastText(one.sources, source)
    if (text !== null) members += members === '' ? one.key + text : `,${one.key}${text}`
  }
  return members === '' ? null : `{${members}}`
}

function lastText<Source>(
  sources: readonly WrittenField<Source>['of'][],
  source: Source,
): string | null {
  for (let at = sources.length - 1; at >= 0; at -= 1) {
    const text = valueText(sources[at]!(source))
    if (text !== null) return text
  }
  return null
}

function valueText(value: EcsValue): string | null {
  if (typeof value === 'string') return quoted(value)
  if (value === null) return null
  if (!Array.isArray(value)) return scalarText(value as EcsScalar)
  return value.length === 0 ? null : `[${value.map(scalarText).join(',')}]`
}

function scalarText(value: EcsScalar): string {
  if (typeof value === 'string') return quoted(value)
  if (typeof value === 'object') return recordText(value)
  return typeof value === 'boolean' || Number.isFinite(value) ? String(value) : 'null'
}

function recordText(record: EcsRecord): string {
  const members = Object.entries(record).map(
    ([name, value]) => `${JSON.stringify(name)}:${scalarText(value)}`,
  )
  return `{${members.join(',')}}`
}

/** What needs neither cleaning nor an escape, which is nearly all. */
const PLAIN = /^[ !#-[\]-~]*$/

function quoted(text: string): string {
  if (text.length <= LONGEST_TEXT && PLAIN.test(text)) return `"${text}"`
  return JSON.stringify(cutText(cleanText(text), LONGEST_TEXT))
}
