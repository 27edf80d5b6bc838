/** Writes the packets of events: appended to those that are there, up to a bound. */
import { inTransaction, type Connection } from '../../sqlite/connection.ts'
import type { WriterCalls } from '../calls.ts'
import type { DiskRoom } from '../room/disk-room.ts'

/**
 * Prepares the writing of evidence; the function gives how many pieces were left out for want of room.
 *
 * NORMAL: a power cut may take back the last packets, but never an event.
 */
export function evidenceSaver(
  connection: Connection,
  room: DiskRoom,
): (input: WriterCalls['saveEvidence']['input']) => number {
  const upsert = connection.prepare(
    `INSERT INTO evidence (event_id, link_type, packets, records)
     SELECT @eventId, @linkType, @packets, @records WHERE EXISTS (SELECT 1 FROM events WHERE id = @eventId)
     ON CONFLICT (event_id) DO UPDATE SET packets = packets + excluded.packets,
       records = CAST(records || excluded.records AS BLOB)
     WHERE link_type = excluded.link_type AND packets + excluded.packets <= @maxPackets`,
  )
  return ({ pieces, maxPackets }) => {
    if (!room.takes('evidence')) return pieces.length
    return inTransaction(connection, 'NORMAL', () => {
      for (const { eventId, evidence } of pieces) {
        const { linkType, packets, records } = evidence
        upsert.run({ eventId, linkType, packets, records, maxPackets })
      }
      return 0
    })
  }
}
