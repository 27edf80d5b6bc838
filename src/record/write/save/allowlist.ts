/** Writes an entry of the allowlist and the audit row that tells of it, both or neither. */
import type { Connection } from '../../sqlite/connection.ts'
import { audited } from './audited.ts'
import type { Saver } from '../calls.ts'

/** Prepares the writing of the allowlist. */
export function allowlistSaver(connection: Connection): Saver<'saveAllowlistEntry'> {
  const upsert = connection.prepare(
    `INSERT INTO allowlist (id, range, comment, created_by, created_at_ms, expires_at_ms,
       removed_at_ms, removed_by)
     VALUES (@id, @range, @comment, @createdBy, @createdAtMs, @expiresAtMs, @removedAtMs, @removedBy)
     ON CONFLICT (id) DO UPDATE SET removed_at_ms = excluded.removed_at_ms,
       removed_by = excluded.removed_by`,
  )
  return audited(connection, ({ entry }) => upsert.run(entry))
}
