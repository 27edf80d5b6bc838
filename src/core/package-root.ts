/** Where the project's own files are (openapi, shipped models), the same from `src` and from `dist`. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Returns the absolute path of a file the package ships, named relative to its top folder. */
export function packagedFile(relativePath: string): string {
  return fileURLToPath(new URL(`../../${relativePath}`, import.meta.url))
}

/** The version of Picket, as package.json states it. */
export const VERSION: string = (
  JSON.parse(readFileSync(packagedFile('package.json'), 'utf8')) as { version: string }
).version
