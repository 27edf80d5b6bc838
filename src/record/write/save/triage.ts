/** Writes verdicts and suppressions, each with the audit row that tells of it. */
import { inTransaction, type Connection } from '../../sqlite/connection.ts'
import { audited } from './audited.ts'
import type { Saver } from '../calls.ts'

/** Prepares the writing of verdicts. */
export function verdictSaver(connection: Connection): Saver<'saveVerdict'> {
  const upsert = connection.prepare(
    `INSERT INTO verdicts (event_id, verdict, reason, detector, kind, given_by, given_at_ms)
     VALUES (@eventId, @verdict, @reason, @detector, @kind, @givenBy, @givenAtMs)
     ON CONFLICT (event_id) DO UPDATE SET verdict = excluded.verdict, reason = excluded.reason,
       given_by = excluded.given_by, given_at_ms = excluded.given_at_ms`,
  )
  return audited(connection, ({ verdict }) => upsert.run(verdict))
}

/** Prepares the writing of suppressions. */
export function suppressionSaver(connection: Connection): Saver<'saveSuppression'> {
  const upsert = connection.prepare(
    `INSERT INTO suppressions (id, detector, kind, address, victim, port, process, reason, created_by,
       created_at_ms, expires_at_ms, lifted_at_ms)
     VALUES (@id, @detector, @kind, @address, @victim, @port, @process, @reason, @createdBy,
       @createdAtMs, @expiresAtMs, @liftedAtMs)
     ON CONFLICT (id) DO UPDATE SET expires_at_ms = excluded.expires_at_ms,
       lifted_at_ms = excluded.lifted_at_ms`,
  )
  return audited(connection, ({ suppression }) => upsert.run(suppression))
}

/** Prepares the counting of what suppressions hide. */
export function hiddenCounter(connection: Connection): Saver<'countHidden'> {
  const add = connection.prepare(
    `UPDATE suppressions SET hidden = hidden + @stories, last_hidden_at_ms = @atMs WHERE id = @id`,
  )
  return (input) =>
    inTransaction(connection, 'NORMAL', () => {
      add.run(input)
      return null
    })
}
