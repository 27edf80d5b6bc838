/** Reading /proc: small files that are made up as they are read. */
import { readFile } from 'node:fs/promises'

/** Gives the file's text; null when what it tells of is gone, or not for us to see. */
export async function readProcFile(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    // ENOENT, ESRCH (a process that ended as we read), EACCES: all mean that it cannot be known.
    return null
  }
}
