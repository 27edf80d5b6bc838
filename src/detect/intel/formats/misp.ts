/**
 * MISP's JSON: an event with its attributes, a list of either, or the answer of a search.
 *
 * Source: MISP core format (draft-dulaunoy-misp-core-format). Attributes that are not `to_ids` are left out: MISP
 * says by that mark that they are context, no indicators.
 */
import { parseBoundedJson } from './bounded-json.ts'
import type { RawIndicator } from './raw-indicator.ts'

/** Types whose value, or its first part before `|`, is an indicator of ours. */
const TYPES = new Set([
  'ip-src', 'ip-dst', 'ip-src|port', 'ip-dst|port', 'domain', 'hostname', 'domain|ip', 'hostname|port',
  'url', 'uri', 'link', 'ja3-fingerprint-md5', 'ja4-fingerprint', 'ja4',
]) // prettier-ignore

/** How deep lists and events may lie in one another. */
const DEEPEST = 8

export function* readMisp(text: string): Generator<RawIndicator> {
  const count = { at: 0 }
  yield* attributesIn(parseBoundedJson(text), count, 0)
}

function* attributesIn(
  value: unknown,
  count: { at: number },
  depth: number,
): Generator<RawIndicator> {
  if (depth > DEEPEST || typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    for (const item of value) yield* attributesIn(item, count, depth + 1)
    return
  }
  const object = value as Readonly<Record<string, unknown>>
  if (typeof object.type === 'string' && typeof object.value === 'string') {
    count.at += 1
    if (!TYPES.has(object.type) || object.to_ids === false || object.deleted === true) return
    // Ports and the resolved address behind the bar are context; an IPv6 address has no bar.
    yield { text: object.value.split('|')[0]!, at: count.at, validUntil: 0 }
    return
  }
  for (const key of ['response', 'Event', 'Attribute', 'Object', 'attributes', 'objects']) {
    yield* attributesIn(object[key], count, depth + 1)
  }
}
