/** Where the project's own files are (openapi, shipped models), the same from `src` and from `dist`. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = rootOf(dirname(fileURLToPath(import.meta.url)))

/** Returns the absolute path of a file the package ships, named relative to its top folder. */
export function packagedFile(relativePath: string): string {
  return join(root, relativePath)
}

/** The version of Picket, as package.json states it. */
export const VERSION: string = (
  JSON.parse(readFileSync(packagedFile('package.json'), 'utf8')) as { version: string }
).version

/** The build joins modules: how far below the top folder this one ends up is the bundler's affair. */
function rootOf(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : rootOf(dirname(folder))
}
