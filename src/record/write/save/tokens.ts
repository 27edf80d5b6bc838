/** Writes a token's salted hash and the audit row that tells of it, both or neither. */
import { appendAudit } from '../../sqlite/audit-chain.ts'
import { inTransaction, type Connection } from '../../sqlite/connection.ts'
import type { StoredToken } from '../../logs/api/token-store.ts'
import type { Saver } from '../calls.ts'

/** Prepares the writing of tokens; the audit row says `token.created`, `.revoked` or `.changed`. */
export function tokenSaver(connection: Connection): Saver<'saveToken'> {
  const selectRevoked = connection.prepare('SELECT revoked_at_ms FROM tokens WHERE id = ?').pluck()
  const upsert = connection.prepare(UPSERT_TOKEN)
  return ({ token, actor, peer, atMs }) =>
    inTransaction(connection, 'FULL', () => {
      const revokedBefore = selectRevoked.get(token.id) as number | null | undefined
      upsert.run({
        ...token,
        scopes: JSON.stringify(token.scopes),
        networks: JSON.stringify(token.networks),
      })
      const { scopes, description, networks, expiresAtMs } = token
      const action = auditAction(token, revokedBefore)
      const details = { scopes, description, networks, expiresAtMs }
      appendAudit(connection, { actor, action, subject: token.id, details, peer }, atMs)
      return null
    })
}

function auditAction(token: StoredToken, revokedBefore: number | null | undefined): string {
  if (revokedBefore === undefined) return 'token.created'
  return revokedBefore === null && token.revokedAtMs !== null ? 'token.revoked' : 'token.changed'
}

const UPSERT_TOKEN = `
INSERT INTO tokens (
  id, scopes, description, networks, created_at_ms, expires_at_ms, revoked_at_ms, salt, hash)
VALUES (
  @id, @scopes, @description, @networks, @createdAtMs, @expiresAtMs, @revokedAtMs, @salt, @hash)
ON CONFLICT (id) DO UPDATE SET scopes = excluded.scopes, description = excluded.description,
  networks = excluded.networks,
  expires_at_ms = excluded.expires_at_ms, revoked_at_ms = excluded.revoked_at_ms,
  salt = excluded.salt, hash = excluded.hash`
