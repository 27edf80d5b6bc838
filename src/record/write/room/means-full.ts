/** How SQLite says that the disk is full. */
import { sqliteCode } from '../../sqlite/connection.ts'

/** Says whether a write failed for want of room; SQLite tells some of these as input/output errors. */
export function meansFull(cause: unknown): boolean {
  const code = sqliteCode(cause)
  return code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_WRITE' || code === 'SQLITE_IOERR_SHMSIZE'
}
