/** Makes a database of an earlier Picket one that can give freed pages back to the disk. */
import { statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { sqliteCode, type Connection } from './connection.ts'

/** `PRAGMA auto_vacuum`: pages are given back when asked to. */
const INCREMENTAL = 2
/** Some ten seconds in which the host is unwatched; a larger file keeps its size, and its freed pages are filled again. */
const MOST_BYTES = 1024 ** 3

/**
 * Writes the whole file anew, once, where it is small enough and the disk has room for two more of it.
 *
 * A disk that refuses is no error: the file is as good as before, and the next start tries again.
 */
export function makeShrinkable(connection: Connection): void {
  if (connection.pragma('auto_vacuum', { simple: true }) === INCREMENTAL) return
  const { size } = statSync(connection.name)
  const { bavail, bsize } = statfsSync(dirname(connection.name))
  if (size > MOST_BYTES || bavail * bsize < size * 3) return
  try {
    connection.pragma(`auto_vacuum = ${INCREMENTAL}`)
    connection.exec('VACUUM')
    connection.pragma('wal_checkpoint(TRUNCATE)')
  } catch (cause) {
    if (sqliteCode(cause) === null) throw cause
  }
}
