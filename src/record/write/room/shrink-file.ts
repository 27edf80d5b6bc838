/** Gives the disk back what retention has freed in the file, a little at a time. */
import { inTransaction, type Connection } from '../../sqlite/connection.ts'
import type { DiskRoom } from './disk-room.ts'

const MEGABYTE = 1024 * 1024
/** 1 MB, or less where it takes long: in a large file, free pages that lie scattered are dear to find. */
const STEP = { pages: 256, pagesAtOnce: 16, ms: 8 }
/** The file system takes some 180 ms to cut half a gigabyte off a file. */
const CUT_BYTES = 16 * MEGABYTE
/** Of what the rows take, so much stays free in the file, for the rows that come: a day's flows of a full log. */
const KEPT_SHARE = 1 / 8
const KEPT_BYTES = { roomy: 16 * MEGABYTE, tight: 32 * MEGABYTE }

/**
 * Prepares it; the function takes one step and says whether there may be more to do. Call it outside a transaction.
 *
 * A file that an earlier Picket made and that was too large to be written anew gives nothing back.
 */
export function fileShrinker(connection: Connection, room: DiskRoom): () => boolean {
  let isShrinking = false
  let uncutBytes = 0
  // The file itself is cut when the WAL is folded in.
  const cut = (): void => {
    connection.pragma('wal_checkpoint(PASSIVE)')
    uncutBytes = 0
  }
  return () => {
    const { isTight, spareBytes, usedBytes } = room
    const kept = isTight ? KEPT_BYTES.tight : Math.max(KEPT_BYTES.roomy, usedBytes * KEPT_SHARE)
    // Begun only where it is worth the writing.
    if (spareBytes <= (isShrinking ? kept : 2 * kept)) {
      if (uncutBytes > 0) cut()
      isShrinking = false
      return false
    }
    inTransaction(connection, 'NORMAL', () => shrinkByStep(connection))
    const shrunkBytes = spareBytes - room.spareBytes
    isShrinking = shrunkBytes > 0
    uncutBytes += shrunkBytes
    if (uncutBytes >= CUT_BYTES) cut()
    return isShrinking
  }
}

function shrinkByStep(connection: Connection): void {
  const until = performance.now() + STEP.ms
  for (let pages = 0; pages < STEP.pages && performance.now() < until; pages += STEP.pagesAtOnce) {
    connection.pragma(`incremental_vacuum(${STEP.pagesAtOnce})`)
  }
}
