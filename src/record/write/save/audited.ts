/** Writes a row and the audit row that tells of it, both or neither. */
import type { AuditEntry } from '../../logs/audit-trail.ts'
import { appendAudit } from '../../sqlite/audit-chain.ts'
import { inTransaction, type Connection } from '../../sqlite/connection.ts'

/** Prepares a call that writes, and then the audit row it was given. */
export function audited<Input extends { readonly audit: AuditEntry; readonly atMs: number }>(
  connection: Connection,
  write: (input: Input) => unknown,
): (input: Input) => null {
  return (input) =>
    inTransaction(connection, 'FULL', () => {
      write(input)
      appendAudit(connection, input.audit, input.atMs)
      return null
    })
}
