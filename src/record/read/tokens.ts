/** Reads API tokens at rest. */
import type { ReadConnection } from '../sqlite/live-connection.ts'
import type { Scope, StoredToken, TokenStore } from '../logs/api/token-store.ts'

const COLUMNS = `id, scopes, description, networks, created_at_ms AS createdAtMs, expires_at_ms AS expiresAtMs,
  revoked_at_ms AS revokedAtMs, salt, hash`

type TokenRow = Omit<StoredToken, 'scopes' | 'networks'> & {
  readonly scopes: string
  readonly networks: string
}

/** The reading half of the token store. */
export function tokenReader(connection: ReadConnection): Omit<TokenStore, 'save'> {
  const selectOne = connection.prepare(`SELECT ${COLUMNS} FROM tokens WHERE id = ?`)
  const selectAll = connection.prepare(`SELECT ${COLUMNS} FROM tokens ORDER BY created_at_ms, id`)
  return {
    get: (id) => {
      const row = selectOne.get(id) as TokenRow | undefined
      return row === undefined ? null : tokenOf(row)
    },
    list: () => (selectAll.all() as TokenRow[]).map(tokenOf),
  }
}

function tokenOf(row: TokenRow): StoredToken {
  return {
    ...row,
    scopes: JSON.parse(row.scopes) as Scope[],
    networks: JSON.parse(row.networks) as string[],
  }
}
