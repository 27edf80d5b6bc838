/**
 * STIX 2.1 bundles: the indicators whose patterns compare addresses, names or URLs for equality.
 *
 * Source: STIX 2.1 §4.7 (indicator), §9 (patterning). A pattern with AND, or with qualifiers, asks for more than one
 * packet can show, and gives none; alternatives (OR) give one each. Revoked and expired ones are left out by the reader.
 */
import type { RawIndicator } from './raw-indicator.ts'

const COMPARISON =
  /(?:ipv4-addr:value|ipv6-addr:value|domain-name:value|url:value|[a-z0-9:'._-]*ja[34][a-z0-9'._-]*)\s*=\s*'((?:[^'\\]|\\.)*)'/gi

export function* readStix(text: string): Generator<RawIndicator> {
  const document: unknown = JSON.parse(text)
  const objects = objectsOf(document)
  for (const [index, object] of objects.entries()) {
    if (object.type !== 'indicator' || object.revoked === true) continue
    const { pattern, valid_until: validUntil } = object
    if (typeof pattern !== 'string' || pattern.length > 100_000) continue
    if (/\b(AND|FOLLOWEDBY|WITHIN|REPEATS)\b/.test(pattern.replace(/'(?:[^'\\]|\\.)*'/g, "''")))
      continue
    for (const match of pattern.matchAll(COMPARISON)) {
      const value = match[1]!.replace(/\\(.)/g, '$1')
      yield { text: value, at: index + 1, validUntil: secondsOf(validUntil) }
    }
  }
}

function objectsOf(document: unknown): readonly Readonly<Record<string, unknown>>[] {
  const list: unknown = Array.isArray(document)
    ? document
    : (document as { objects?: unknown } | null)?.objects
  if (!Array.isArray(list)) throw new SyntaxError('there is no list of objects in it')
  return list.filter(isObject)
}

const isObject = (item: unknown): item is Readonly<Record<string, unknown>> =>
  typeof item === 'object' && item !== null

function secondsOf(time: unknown): number {
  const ms = typeof time === 'string' ? Date.parse(time) : Number.NaN
  // What can't be read must not make an indicator immortal, nor kill one that says nothing of its end.
  return Number.isNaN(ms) ? 0 : Math.max(1, Math.floor(ms / 1000))
}
