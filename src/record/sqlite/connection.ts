/** How a database file is opened: one writer with its pragmas, any number of read-only connections. */
import { accessSync, constants, existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { PicketError } from '../../core/errors.ts'
import { Database, type Connection } from './driver.ts'

export type { Connection, Statement } from './driver.ts'

/**
 * How long a statement waits for another process's transaction; ours last well under a second, but a
 * checkpoint of a slow disk may take some.
 */
const BUSY_TIMEOUT_MS = 15_000

/**
 * Opens the connection that writes, in WAL mode.
 *
 * Cost: a checkpoint every 20,000 pages (80 MB of WAL) instead of 1,000 doubles the flows written a second.
 * Errors: SQLite's own.
 */
export function openWriter(path: string): Connection {
  const connection = new Database(path, { timeout: BUSY_TIMEOUT_MS })
  try {
    setUpWriting(connection)
  } catch (cause) {
    connection.close()
    throw cause
  }
  return connection
}

function setUpWriting(connection: Connection): void {
  // Counts only while there is no table: what retention frees can then be given back to the disk.
  connection.pragma('auto_vacuum = INCREMENTAL')
  connection.pragma('journal_mode = WAL')
  connection.pragma('synchronous = FULL')
  connection.pragma('wal_autocheckpoint = 20000')
  connection.pragma('journal_size_limit = 134217728')
  connection.pragma('cache_size = -32768')
  // Foreign keys stay documentation: the writer is the only one to write, and deletes in the right order.
  connection.pragma('foreign_keys = OFF')
}

/** Opens a read-only connection to a file that must exist. Errors: SQLite's own. */
export function openReader(path: string): Connection {
  const connection = new Database(path, {
    readonly: true,
    fileMustExist: true,
    timeout: BUSY_TIMEOUT_MS,
  })
  connection.pragma('query_only = ON')
  return connection
}

/**
 * Runs `work` in a transaction whose write lock is taken at its beginning, so that what it reads (the
 * newest sequence, the last hash) is still so when it writes, whoever else has the file open.
 *
 * `FULL` syncs the WAL before the commit is acknowledged: it survives a power cut. `NORMAL` leaves the
 * sync to the next FULL commit or checkpoint: it survives kill -9, but a power cut may take it back.
 *
 * Within another one it is a savepoint: all or nothing by itself, and as durable as that is.
 */
export function inTransaction<Result>(
  connection: Connection,
  durability: 'FULL' | 'NORMAL',
  work: () => Result,
): Result {
  if (connection.inTransaction) return connection.transaction(work)()
  connection.pragma(`synchronous = ${durability}`)
  return connection.transaction(work).immediate()
}

/** Returns SQLite's code for a failure (`SQLITE_FULL`), or null when it is none of SQLite's. */
export function sqliteCode(cause: unknown): string | null {
  return cause instanceof Database.SqliteError ? cause.code : null
}

/** Somebody else has met damage in the file. */
export class FoundDamage extends Error {}

/** Says whether the failure means that the file's content is not a sound database. */
export function meansDamage(cause: unknown): boolean {
  if (cause instanceof FoundDamage) return true
  const code = sqliteCode(cause)
  return code !== null && (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB')
}

/** Turns SQLite's refusal to open into a `PicketError` that says what to do. */
export function openError(path: string, cause: unknown): PicketError {
  if (cause instanceof PicketError) return cause
  const code = sqliteCode(cause)
  if (code?.startsWith('SQLITE_BUSY') || code?.startsWith('SQLITE_LOCKED')) {
    return new PicketError('ERR_RECORD_LOCKED', `${path} is locked by another process`, {
      cause,
      hint: 'wait until the other process is done, or stop it',
    })
  }
  const isThere = code?.startsWith('SQLITE_CANTOPEN') === true && existsSync(path)
  if (isThere && !may(path, constants.R_OK)) {
    return new PicketError('ERR_RECORD_OPEN', `you may not read ${path}`, {
      cause,
      hint: 'run this as the user that the agent runs as, such as root (sudo)',
    })
  }
  if (isThere && !may(dirname(path), constants.W_OK)) {
    return new PicketError('ERR_RECORD_OPEN', `cannot open ${path} where nothing may be written`, {
      cause,
      hint: `reading it takes a file beside it: copy ${path} (and ${path}-wal, where that is) into another folder, and name that with --data-dir`,
    })
  }
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new PicketError('ERR_RECORD_OPEN', `cannot open ${path}: ${reason}`, {
    cause,
    hint: meansDamage(cause)
      ? 'the file is damaged; stop every picket process and start the agent, which sets it aside'
      : 'check that the data folder exists, that its disk has room, and that you may read and write it',
  })
}

function may(path: string, what: number): boolean {
  try {
    accessSync(path, what)
    return true
  } catch {
    return false
  }
}

/** Turns what a statement threw into a `PicketError` that says what to do; damage has a code of its own. */
export function workError(
  code: 'ERR_RECORD_READ' | 'ERR_RECORD_WRITE',
  cause: unknown,
): PicketError {
  if (cause instanceof PicketError) return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  const hint = cureFor(cause)
  const work = code === 'ERR_RECORD_READ' ? 'read' : 'write to'
  return new PicketError(
    meansDamage(cause) ? 'ERR_RECORD_DAMAGED' : code,
    `cannot ${work} the log: ${reason}`,
    {
      cause,
      ...(hint === undefined ? {} : { hint }),
    },
  )
}

function cureFor(cause: unknown): string | undefined {
  const code = sqliteCode(cause)
  if (code === 'SQLITE_FULL') return 'make room on the disk that holds the data folder'
  // A file system that met a fault and went read-only refuses so; nothing of the log can mend that.
  if (code?.startsWith('SQLITE_IOERR') === true || code === 'SQLITE_READONLY') {
    return 'look at the disk that holds the data folder: it is full, read-only or failing (dmesg tells)'
  }
  return meansDamage(cause)
    ? 'the file is damaged; a running agent sets it aside and goes on with a new one: ask again in a minute'
    : undefined
}
