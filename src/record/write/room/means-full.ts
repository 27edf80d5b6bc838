/** How it is said that the disk is full. */

/** Of the file system, and of SQLite, which tells some of these as input/output errors. */
const CODES: ReadonlySet<unknown> = new Set([
  ...['ENOSPC', 'EDQUOT'],
  ...['SQLITE_FULL', 'SQLITE_IOERR_WRITE', 'SQLITE_IOERR_SHMSIZE'],
])

/** Says whether a write failed for want of room. */
export const meansFull = (cause: unknown): boolean => CODES.has((cause as { code?: unknown }).code)
