/** Small files that are written whole. */
import { renameSync, rmSync, writeFileSync } from 'node:fs'

/**
 * Puts a file in the place of what is at `path`, so that a reader sees the old one or the new one, never half of it.
 *
 * A link that somebody laid where it is written is not followed: root writes to folders of other users.
 * Errors: what the file system says.
 */
export function replaceFile(path: string, text: string, mode: number): void {
  const partial = `${path}.${process.pid}.partial`
  rmSync(partial, { force: true })
  try {
    writeFileSync(partial, text, { mode, flag: 'wx' })
    renameSync(partial, path)
  } catch (error) {
    rmSync(partial, { force: true })
    throw error
  }
}
