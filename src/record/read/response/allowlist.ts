/** Reads the allowlist. */
import type { Allowlist, AllowlistEntry } from '../../logs/api/allowlist.ts'
import type { ReadConnection } from '../../sqlite/live-connection.ts'

const COLUMNS = `id, range, comment, created_by AS createdBy, created_at_ms AS createdAtMs,
  expires_at_ms AS expiresAtMs, removed_at_ms AS removedAtMs, removed_by AS removedBy`

/** The reading half of the allowlist. */
export function allowlistReader(connection: ReadConnection): Omit<Allowlist, 'save'> {
  const selectOne = connection.prepare(`SELECT ${COLUMNS} FROM allowlist WHERE id = ?`)
  const selectInForce = connection.prepare(
    `SELECT ${COLUMNS} FROM allowlist
     WHERE removed_at_ms IS NULL AND (expires_at_ms IS NULL OR expires_at_ms > ?)
     ORDER BY created_at_ms DESC, id DESC`,
  )
  return {
    get: (id) => (selectOne.get(id.toLowerCase()) as AllowlistEntry | undefined) ?? null,
    inForce: (nowMs) => selectInForce.all(nowMs) as AllowlistEntry[],
  }
}
