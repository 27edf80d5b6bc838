/** Writes an entry of the allowlist and the audit row that tells of it, both or neither. */
import { appendAudit } from '../sqlite/audit-chain.ts'
import { inTransaction, type Connection } from '../sqlite/connection.ts'
import type { WriterCalls } from './calls.ts'

/** Prepares the writing of the allowlist. */
export function allowlistSaver(
  connection: Connection,
): (input: WriterCalls['saveAllowlistEntry']['input']) => null {
  const upsert = connection.prepare(
    `INSERT INTO allowlist (id, range, comment, created_by, created_at_ms, expires_at_ms,
       removed_at_ms, removed_by)
     VALUES (@id, @range, @comment, @createdBy, @createdAtMs, @expiresAtMs, @removedAtMs, @removedBy)
     ON CONFLICT (id) DO UPDATE SET removed_at_ms = excluded.removed_at_ms,
       removed_by = excluded.removed_by`,
  )
  return ({ entry, audit, atMs }) =>
    inTransaction(connection, 'FULL', () => {
      upsert.run(entry)
      appendAudit(connection, audit, atMs)
      return null
    })
}
