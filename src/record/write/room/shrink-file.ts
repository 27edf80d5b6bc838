/** Gives the disk back what retention has freed in the file, a little at a time. */
import type { Connection } from '../../sqlite/connection.ts'
import type { DiskRoom } from './disk-room.ts'

/** 1 MB: some 10 ms. */
const PAGES_PER_STEP = 256
const MEGABYTE = 1024 * 1024
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
  return () => {
    const { isTight, spareBytes, usedBytes } = room
    const kept = isTight ? KEPT_BYTES.tight : Math.max(KEPT_BYTES.roomy, usedBytes * KEPT_SHARE)
    // Begun only where it is worth the writing.
    if (spareBytes <= (isShrinking ? kept : 2 * kept)) {
      // The file itself is cut when the WAL is folded in.
      if (isShrinking) connection.pragma('wal_checkpoint(PASSIVE)')
      isShrinking = false
      return false
    }
    connection.pragma(`incremental_vacuum(${PAGES_PER_STEP})`)
    isShrinking = room.spareBytes < spareBytes
    return isShrinking
  }
}
