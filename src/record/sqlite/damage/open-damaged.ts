/** Opens a damaged database all the same: past a header that lies about its length, or with one of ours in its place. */
import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  openSync,
  readSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { meansDamage, type Connection } from '../connection.ts'
import { Database } from '../driver.ts'

/** SQLite's file format, section 1.3: the database header. */
const HEADER_BYTES = 100
const WRITE_VERSION = 18
const CHANGE_COUNTER = 24
const FIRST_FREE_PAGE = 32
const FREE_PAGES = 36
const VERSION_VALID_FOR = 92
const WAL_VERSION = 2

export interface OpenedDamage {
  readonly connection: Connection
  close(): void
}

/**
 * Opens `path` to read what can be read; null when not even its list of tables can be.
 *
 * `soundPath` is a database of ours. A header that is gone is replaced by its own, in a copy: what was set aside is
 * evidence and stays as it was.
 */
export function openDamaged(path: string, soundPath: string): OpenedDamage | null {
  const asItIs = tryOpen(path)
  if (asItIs !== null) return { connection: asItIs, close: () => asItIs.close() }
  const copy = `${path}.reading`
  if (!hasRoomFor(path)) return null
  try {
    copyWithHeader(path, copy, soundPath)
    const connection = tryOpen(copy)
    if (connection !== null) return { connection, close: () => (connection.close(), remove(copy)) }
  } catch (cause) {
    // A disk that refuses costs what was to be salvaged, not the start.
    if ((cause as NodeJS.ErrnoException).code === undefined) throw cause
  }
  remove(copy)
  return null
}

function tryOpen(path: string): Connection | null {
  let connection: Connection | undefined
  try {
    connection = new Database(path, { readonly: true, timeout: 5000 })
    connection.unsafeMode(true)
    // So SQLite reads a file that is shorter than its header says.
    connection.pragma('writable_schema = ON')
    const tables = connection.prepare("SELECT count(*) FROM sqlite_schema WHERE type = 'table'")
    if ((tables.pluck().get() as number) > 0) return connection
  } catch (cause) {
    if (!(cause instanceof Database.SqliteError)) throw cause
  }
  try {
    connection?.close()
  } catch (cause) {
    if (!meansDamage(cause)) throw cause
  }
  return null
}

function hasRoomFor(path: string): boolean {
  const { bavail, bsize } = statfsSync(dirname(path))
  return bavail * bsize > statSync(path).size * 2
}

function copyWithHeader(path: string, copy: string, soundPath: string): void {
  remove(copy)
  // What comes back meanwhile is a link that somebody lays.
  const mode = constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL
  copyFileSync(path, copy, mode)
  const hasWal = existsSync(`${path}-wal`)
  if (hasWal) copyFileSync(`${path}-wal`, `${copy}-wal`, mode)
  const header = Buffer.alloc(HEADER_BYTES)
  const sound = openSync(soundPath, 'r')
  readSync(sound, header, 0, HEADER_BYTES, 0)
  closeSync(sound)
  header.fill(hasWal ? WAL_VERSION : 1, WRITE_VERSION, WRITE_VERSION + 2)
  // The two differ, so that SQLite goes by the length of the file; free pages are nothing to us.
  header.writeUInt32BE(1, CHANGE_COUNTER)
  header.writeUInt32BE(0, VERSION_VALID_FOR)
  header.writeUInt32BE(0, FIRST_FREE_PAGE)
  header.writeUInt32BE(0, FREE_PAGES)
  const file = openSync(copy, 'r+')
  writeSync(file, header, 0, HEADER_BYTES, 0)
  closeSync(file)
}

function remove(path: string): void {
  for (const part of ['', '-wal', '-shm']) rmSync(path + part, { force: true })
}
