/** The schema as `npm run generate` wrote it: making it anew from its parts is a third of the program's start. */
import { readFileSync } from 'node:fs'
import { packagedFile } from '../core/files/package-root.ts'

/** Reads `deploy/config.schema.json`, which a check holds equal to the sections in `src/<stage>/config.ts`. */
export function writtenSchema(): object {
  return JSON.parse(readFileSync(packagedFile('deploy/config.schema.json'), 'utf8')) as object
}
