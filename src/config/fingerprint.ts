/** What a configuration may be known by: itself without its secrets, and the hash of that. */
import { createHash } from 'node:crypto'
import type { Config } from './schema.ts'

/** Settings whose values are secrets, by the end of their names. */
const SECRET = /(token|secret|password|passphrase|credential|apikey|privatekey)s?$/i
const HIDDEN = '(hidden)'

/** Gives the configuration with `(hidden)` in place of secrets, those in the addresses of URLs among them. */
export function withoutSecrets(config: Config): unknown {
  return cleaned(config)
}

/** SHA-256 in hex of the configuration without its secrets; the order of keys does not matter. */
export function configFingerprint(config: Config): string {
  return createHash('sha256')
    .update(JSON.stringify(cleaned(config)))
    .digest('hex')
}

function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/(:\/\/)[^/?#@\s]*@/g, `$1${HIDDEN}@`)
  if (Array.isArray(value)) return value.map(cleaned)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  const shown = entries.map(([key, inner]): [string, unknown] => {
    const isSecret = SECRET.test(key) && inner !== null && typeof inner !== 'boolean'
    return [key, isSecret ? HIDDEN : cleaned(inner)]
  })
  return Object.fromEntries(shown)
}
