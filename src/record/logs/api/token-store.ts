/** API tokens at rest: salted hashes and scopes, never the token itself. */

export const SCOPES = ['read', 'block', 'admin'] as const
export type Scope = (typeof SCOPES)[number]

/** Times in ms since the epoch. */
export interface StoredToken {
  /** Public part of the token; names it in audit rows. */
  readonly id: string
  readonly scopes: readonly Scope[]
  readonly description: string | null
  /** Canonical CIDRs from which alone it is good; none binds it to nothing. */
  readonly networks: readonly string[]
  readonly createdAtMs: number
  readonly expiresAtMs: number | null
  readonly revokedAtMs: number | null
  /** Hex. */
  readonly salt: string
  /** Hex, SHA-256 of salt and secret. */
  readonly hash: string
}

export interface TokenStore {
  /** Errors: `ERR_RECORD_WRITE`. */
  save(token: StoredToken, actor: string): Promise<void>
  get(id: string): StoredToken | null
  list(): readonly StoredToken[]
}
