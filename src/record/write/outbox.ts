/** Writes how far sinks have got, and what they are to be sent again. */
import { appendAudit } from '../sqlite/audit-chain.ts'
import { inTransaction, type Connection } from '../sqlite/connection.ts'
import type { Answers } from '../thread.ts'
import type { WriterCalls } from './calls.ts'

/** Prepares the calls of the outbox. */
export function outboxWriter(
  connection: Connection,
): Pick<Answers<WriterCalls>, 'advanceSink' | 'orderReplay' | 'advanceReplay'> {
  const advance = {
    events: connection.prepare(upsertPosition('sink_positions')),
    flows: connection.prepare(upsertPosition('flow_positions')),
  }
  const insertReplay = connection.prepare(
    `INSERT INTO sink_replays (sink, from_sequence, to_sequence, position, ordered_at_ms, of_flows)
     VALUES (@sink, @fromSequence, @toSequence, @position, @orderedAtMs, @ofFlows)`,
  )
  const advanceReplay = connection.prepare('UPDATE sink_replays SET position = ? WHERE id = ?')
  const deleteReplay = connection.prepare(
    'DELETE FROM sink_replays WHERE id = ? AND position >= to_sequence',
  )
  return {
    // NORMAL: a position that a power cut takes back only makes the sink see some events again.
    advanceSink: ({ book, ...input }) =>
      inTransaction(connection, 'NORMAL', () => {
        advance[book].run(input)
        return null
      }),
    orderReplay: ({ book, order, actor, peer, atMs }) =>
      inTransaction(connection, 'FULL', () => {
        const replay = { ...order, position: order.fromSequence - 1, orderedAtMs: atMs }
        const id = Number(
          insertReplay.run({ ...replay, ofFlows: book === 'flows' ? 1 : 0 }).lastInsertRowid,
        )
        const { sink: subject, ...range } = order
        const details = book === 'flows' ? { ...range, of: 'flows' } : range
        appendAudit(connection, { actor, action: 'sink.replayed', subject, details, peer }, atMs)
        return { ...replay, id }
      }),
    advanceReplay: ({ id, sequence }) =>
      inTransaction(connection, 'NORMAL', () => {
        advanceReplay.run(sequence, id)
        deleteReplay.run(id)
        return null
      }),
  }
}

const upsertPosition = (table: string): string =>
  `INSERT INTO ${table} (sink, sequence, last_sent, updated_at_ms)
   VALUES (@sink, @sequence, @lastSent, @atMs)
   ON CONFLICT (sink) DO UPDATE SET sequence = excluded.sequence,
     last_sent = excluded.last_sent, updated_at_ms = excluded.updated_at_ms`
