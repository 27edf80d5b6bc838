/** Finds a damaged database at start, sets it aside and says so: the agent begins anew rather than not at all. */
import { existsSync, renameSync, statSync } from 'node:fs'
import { PicketError } from '../../../core/errors.ts'
import { meansDamage, sqliteCode, type Connection } from '../connection.ts'
import { Database } from '../driver.ts'
import { refuseForeign } from '../migrate.ts'
import { makePrivateFile } from '../private-file.ts'

const lockOf = (path: string): string => `${path}.lock`

/** Whether somebody has had a database here before; to be asked before the guard is taken. */
export const wasGuarded = (path: string): boolean => existsSync(lockOf(path))

/** Held by one process alone, as who may judge and replace the file; the operating system frees it on kill -9. */
export interface Guard {
  release(): void
}

/**
 * Takes the guard of a database; null when another process has it open for writing.
 *
 * A file must never be set aside under the feet of a running agent, so only the holder checks it.
 * It is SQLite's own file lock on `picket.db.lock`: Node has no flock.
 * Errors: `ERR_RECORD_OPEN` where the lock is a file that somebody wrote to; what SQLite says of a disk that refuses.
 */
export function takeGuard(path: string): Guard | null {
  const lockPath = lockOf(path)
  makePrivateFile(lockPath)
  const lock = new Database(lockPath, { timeout: 0 })
  try {
    lock.pragma('journal_mode = MEMORY')
    lock.exec('BEGIN EXCLUSIVE')
    return { release: () => void lock.close() }
  } catch (cause) {
    lock.close()
    if (sqliteCode(cause)?.startsWith('SQLITE_BUSY')) return null
    throw meansDamage(cause) ? writtenTo(lockPath) : cause
  }
}

function writtenTo(lockPath: string): PicketError {
  return new PicketError(
    'ERR_RECORD_OPEN',
    `${lockPath} holds something; a lock is an empty file`,
    {
      hint: 'remove it while no picket process runs, and see who may write to the data folder',
    },
  )
}

/** Under which name a database is kept that cannot be gone on with; never one that is taken. */
export function asideOf(path: string, nowMs: number): string {
  const time = new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, '')
  const name = `${path}.damaged-${time}`
  let aside = name
  for (let again = 2; existsSync(aside) || existsSync(`${aside}-wal`); again += 1) {
    aside = `${name}-${again}`
  }
  return aside
}

/** Renames a database, with its WAL; connections that are open go on with it. */
export function setAside(path: string, aside: string): void {
  for (const part of ['', '-wal', '-shm']) {
    if (existsSync(path + part)) renameSync(path + part, aside + part)
  }
}

/**
 * Says what is damaged in a database; null when all is well or there is none. Call it before a new one is made: an
 * empty one is damaged.
 *
 * Cost: reads the whole file once (PRAGMA quick_check), some 6 s a GB.
 * Errors: those of opening that are not damage (permission, a lock, a newer version).
 */
export function findDamage(path: string): string | null {
  if (!existsSync(path)) return null
  // SQLite takes it for a new one, and whoever emptied it would have emptied the log unseen.
  if (statSync(path).size === 0) return 'file is empty'
  let connection: Connection | undefined
  try {
    // Read-only, so that closing it does not fold the WAL into a file that is evidence.
    connection = new Database(path, { readonly: true, timeout: 5000 })
    refuseForeign(connection, path)
    const found = connection.pragma('quick_check(1)', { simple: true })
    return found === 'ok' ? null : String(found)
  } catch (cause) {
    if (meansDamage(cause)) return (cause as Error).message
    throw cause
  } finally {
    closeQuietly(connection)
  }
}

/** Closes a connection whose file may be damaged. */
export function closeQuietly(connection: Connection | undefined): void {
  try {
    connection?.close()
  } catch (cause) {
    // The last close checkpoints the WAL into the file, which a damaged file may refuse: already known.
    if (!meansDamage(cause)) throw cause
  }
}
