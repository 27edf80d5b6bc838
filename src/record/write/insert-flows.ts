/** Writes finished flows in batches, as long as the disk has room to spare for them. */
import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { FlowBatch } from '../../flow/batch/index.ts'
import { inTransaction, type Connection } from '../sqlite/connection.ts'
import type { WriterCalls } from './calls.ts'
import { FlowLogWriter } from './flow-log-writer.ts'

/**
 * Below this much free space flows are refused, so that what matters more (events, blocks, audit rows) and
 * SQLite's own checkpoint still find room: on a full disk even DELETE fails.
 */
const FREE_BYTES_FLOOR = 256 * 1024 * 1024
const FREE_SPACE_CHECK_MS = 2000

/** Prepares the writing of flows; the function gives how many were written. */
export function flowInserter(
  connection: Connection,
): (input: WriterCalls['insertFlows']['input']) => number {
  const writer = new FlowLogWriter(connection)
  const hasRoom = roomWatch(dirname(connection.name))
  return ({ batches, atMs }) => {
    if (!hasRoom()) return 0
    const readable = batches.map((bytes) => FlowBatch.from(bytes)).filter((batch) => batch !== null)
    // NORMAL: a power cut may take back the flows of the last moments; kill -9 takes back none.
    return inTransaction(connection, 'NORMAL', () =>
      writer.append(readable, Math.floor(atMs / 1000)),
    )
  }
}

function roomWatch(directory: string): () => boolean {
  let checkedAtMs = -Infinity
  let isRoomy = true
  return () => {
    const nowMs = performance.now()
    if (nowMs - checkedAtMs >= FREE_SPACE_CHECK_MS) {
      const { bavail, bsize } = statfsSync(directory)
      isRoomy = bavail * bsize >= FREE_BYTES_FLOOR
      checkedAtMs = nowMs
    }
    return isRoomy
  }
}
