/** The configuration as it may be shown: without what is secret. */
import { writtenSchema } from './written-schema.ts'

/** Stands where a secret is. */
export const HIDDEN = '(not shown)'

/** Returns a copy in which every field that the schema calls `writeOnly` is hidden. */
export function redacted<Value>(value: Value): Value {
  return hide(value, secretNames(writtenSchema())) as Value
}

/** By name alone: hiding a namesake that is no secret costs less than showing one that is. */
function secretNames(schema: unknown): ReadonlySet<string> {
  const names = new Set<string>()
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    for (const [name, inner] of Object.entries(node) as [string, unknown][]) {
      if ((inner as { writeOnly?: unknown } | null)?.writeOnly === true) names.add(name)
      walk(inner)
    }
  }
  walk(schema)
  return names
}

function hide(value: unknown, names: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => hide(item, names))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      names.has(name) && typeof inner === 'string' ? HIDDEN : hide(inner, names),
    ]),
  )
}
