/** What the build read of the YAML that comes with Picket: to read it takes longer than all else that a start does. */
import { readFileSync } from 'node:fs'
import { packagedFile } from './package-root.ts'

/** Files that deploy/setup/built-readings.mjs writes. */
export const BUILT_RULE_TREES = 'dist/rule-trees.json'
export const BUILT_API_DOCUMENT = 'dist/api-document.json'

/**
 * Gives what was read at the build, by its text: who asks for a text that was changed since finds nothing.
 *
 * Empty where Picket was compiled by hand. Errors: never throws.
 */
export function builtReadings<Reading>(file: string): ReadonlyMap<string, Reading> {
  try {
    return new Map(JSON.parse(readFileSync(packagedFile(file), 'utf8')) as [string, Reading][])
  } catch {
    return new Map()
  }
}
