/**
 * STIX 2.1 bundles: the indicators whose patterns compare addresses, names or URLs for equality.
 *
 * Source: STIX 2.1 §4.7 (indicator), §9 (patterning). A pattern with AND, or with qualifiers, asks for more than one
 * packet can show, and gives none; alternatives (OR) give one each. Bundles may lie in one another. Revoked and
 * expired ones are left out by the reader.
 */
import { parseBoundedJson } from './bounded-json.ts'
import type { RawIndicator } from './raw-indicator.ts'

const LONGEST_PATTERN = 100_000
/** How far before a value its property may begin. */
const LONGEST_PROPERTY = 256
const PROPERTY = /([a-z0-9:'._-]+)\s*=\s*$/i
const OURS =
  /^(?:ipv4-addr:value|ipv6-addr:value|domain-name:value|url:value|[a-z0-9:'._-]*ja[34][a-z0-9'._-]*)$/i
const MORE_THAN_ONE_PACKET = /\b(AND|FOLLOWEDBY|WITHIN|REPEATS)\b/
/** How deep bundles and lists may lie in one another. */
const DEEPEST = 8

type StixObject = Readonly<Record<string, unknown>>

export function* readStix(text: string): Generator<RawIndicator> {
  const document = parseBoundedJson(text)
  const isList = Array.isArray(document) || Array.isArray((document as StixObject | null)?.objects)
  if (!isList) throw new SyntaxError('there is no list of objects in it')
  let at = 0
  for (const object of objectsIn(document, 0)) {
    at += 1
    if (object.type !== 'indicator' || object.revoked === true) continue
    const { pattern, valid_until: validUntil } = object
    if (typeof pattern !== 'string' || pattern.length > LONGEST_PATTERN) continue
    for (const value of valuesIn(pattern))
      yield { text: value, at, validUntil: secondsOf(validUntil) }
  }
}

function* objectsIn(node: unknown, depth: number): Generator<StixObject> {
  if (depth > DEEPEST || typeof node !== 'object' || node === null) return
  if (Array.isArray(node)) {
    for (const item of node) yield* objectsIn(item, depth + 1)
    return
  }
  const { objects } = node as StixObject
  if (Array.isArray(objects)) yield* objectsIn(objects, depth + 1)
  else yield node as StixObject
}

/**
 * The values that a pattern compares what is ours with; none where it asks for more, or does not end.
 *
 * Cost: one look at each character, since a pattern may be made to keep a regular expression busy for hours.
 */
function valuesIn(pattern: string): readonly string[] {
  const values: string[] = []
  let outside = ''
  for (let from = 0; ;) {
    const start = pattern.indexOf("'", from)
    if (start < 0) {
      outside += pattern.slice(from)
      break
    }
    outside += pattern.slice(from, start)
    const end = endOfValue(pattern, start)
    if (end < 0) return []
    const before = pattern.slice(Math.max(0, start - LONGEST_PROPERTY), start)
    const property = PROPERTY.exec(before)?.[1]
    if (property !== undefined && OURS.test(property)) {
      values.push(pattern.slice(start + 1, end).replace(/\\(.)/gs, '$1'))
    }
    from = end + 1
  }
  return MORE_THAN_ONE_PACKET.test(outside) ? [] : values
}

/** Where the value that begins at `start` is closed; -1 where it never is. */
function endOfValue(pattern: string, start: number): number {
  for (let at = start + 1; at < pattern.length; at += 1) {
    if (pattern[at] === '\\') at += 1
    else if (pattern[at] === "'") return at
  }
  return -1
}

function secondsOf(time: unknown): number {
  const ms = typeof time === 'string' ? Date.parse(time) : Number.NaN
  // What can't be read must not make an indicator immortal, nor kill one that says nothing of its end.
  return Number.isNaN(ms) ? 0 : Math.max(1, Math.floor(ms / 1000))
}
