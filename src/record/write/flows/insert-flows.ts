/** Writes finished flows in batches, as long as the disk has room to spare for them. */
import { FlowBatch } from '../../../flow/batch/index.ts'
import { inTransaction, type Connection } from '../../sqlite/connection.ts'
import type { WriterCalls } from '../calls.ts'
import type { DiskRoom } from '../room/disk-room.ts'
import { FlowLogWriter } from './flow-log-writer.ts'
import { replayedNumbers, storedNumbers } from './flow-numbers.ts'

/** Prepares the writing of flows; the function gives how many were written. */
export function flowInserter(
  connection: Connection,
  room: DiskRoom,
): (input: WriterCalls['insertFlows']['input']) => number {
  const live = new FlowLogWriter(connection, storedNumbers(connection))
  const replayed = new FlowLogWriter(connection, replayedNumbers(connection))
  return ({ batches, forward, atMs }) => {
    if (!room.takes('flows')) return 0
    const readable = batches.map((bytes) => FlowBatch.from(bytes)).filter((batch) => batch !== null)
    // NORMAL: a power cut may take back the flows of the last moments; kill -9 takes back none.
    return inTransaction(connection, 'NORMAL', () =>
      (forward ? live : replayed).append(readable, Math.floor(atMs / 1000)),
    )
  }
}
