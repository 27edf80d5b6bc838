/**
 * Notices that an open database was removed or replaced: Linux lets a process go on with a file that has no name any
 * more, and all that is written is gone when it ends.
 */
import { existsSync, statSync } from 'node:fs'
import { FoundDamage } from '../connection.ts'

/** The file is not where it was; what is open still holds everything. */
export class FileGone extends FoundDamage {}

/**
 * Remembers which files are there now; the function returned throws `FileGone` when they are others or none.
 *
 * The WAL counts too: who opened the database without it would not see what is in it, and write over it.
 */
export function rememberFiles(path: string): () => void {
  const words = [
    [path, 'file'],
    [`${path}-wal`, 'write-ahead log'],
  ] as const
  const remembered = words.map(([file]) => inodeOf(file))
  return () => {
    for (const [index, [file, what]] of words.entries()) {
      const inode = inodeOf(file)
      if (remembered[index] === null || inode === remembered[index]) continue
      throw new FileGone(inode === null ? `its ${what} was removed` : `its ${what} was replaced`)
    }
  }
}

const inodeOf = (file: string): number | null => (existsSync(file) ? statSync(file).ino : null)
