/**
 * STIX 2.1 bundles: the indicators whose patterns ask for addresses, names, URLs or TLS fingerprints.
 *
 * Source: STIX 2.1 §4.7 (indicator). Alternatives give one each; a pattern that asks for such and for more than one
 * packet can show is handed on whole, to be refused. Bundles may lie in one another. Revoked and expired ones are
 * left out by the reader.
 */
import { parseBoundedJson } from './bounded-json.ts'
import type { RawIndicator } from './raw-indicator.ts'
import { valuesInPattern } from './stix-pattern.ts'

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
    if (typeof pattern !== 'string') continue
    const values = valuesInPattern(pattern)
    if (values === null) continue
    for (const text of values.length === 0 ? [pattern] : values) {
      yield { text, at, validUntil: secondsOf(validUntil) }
    }
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

function secondsOf(time: unknown): number {
  const ms = typeof time === 'string' ? Date.parse(time) : Number.NaN
  // What can't be read must not make an indicator immortal, nor kill one that says nothing of its end.
  return Number.isNaN(ms) ? 0 : Math.max(1, Math.floor(ms / 1000))
}
