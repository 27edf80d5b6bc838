/** Who asks: a token over TCP, or the local operator over the unix socket. */
import type { Clock } from '../core/clock.ts'
import type { Metrics } from '../core/metrics.ts'
import type { AuditTrail } from '../record/record.ts'
import { SCOPES, type Scope, type TokenStore } from '../record/token-store.ts'
import { unauthorized } from './problem.ts'
import { checkToken } from './token.ts'

/**
 * Where a request came in. `local` is the unix socket, which only its owner can open (mode 0600), or this very
 * process; it is stated by the listener and never guessed from a missing peer address.
 */
export type Peer =
  { readonly kind: 'local' } | { readonly kind: 'network'; readonly address: string | null }

/** Who asks and what they may do. */
export interface Caller {
  /** As in the audit trail: `token:ID` or `local`. */
  readonly actor: string
  /** Null for the local operator. */
  readonly tokenId: string | null
  readonly scopes: readonly Scope[]
  /** The peer's address on TCP. */
  readonly address: string | null
}

export interface Authenticator {
  /**
   * Says who asks; null when no token was presented.
   *
   * Errors: `unauthorized` for a token that is malformed, unknown, expired or revoked.
   */
  authenticate(peer: Peer, authorization: string | undefined): Caller | null
}

const LOCAL_OPERATOR: Caller = { actor: 'local', tokenId: null, scopes: SCOPES, address: null }

/** Says whether the caller holds the scope; `admin` holds all. */
export function hasScope(caller: Caller, scope: Scope): boolean {
  return caller.scopes.includes(scope) || caller.scopes.includes('admin')
}

export function createAuthenticator(parts: {
  readonly tokens: TokenStore
  readonly audit: AuditTrail
  readonly clock: Clock
  readonly metrics: Metrics
  /** Told when the audit trail could not be written; the request is refused all the same. */
  readonly auditFailed: (error: unknown) => void
}): Authenticator {
  const auditRefusal = createRefusalAudit(parts.audit, parts.clock, parts.auditFailed)
  return {
    authenticate(peer, authorization) {
      if (peer.kind === 'local') return LOCAL_OPERATOR
      if (authorization === undefined) return null
      const bearer = /^bearer +(\S+) *$/i.exec(authorization)?.[1]
      if (bearer === undefined) throw unauthorized('the Authorization header is not `Bearer TOKEN`')
      const verdict = checkToken(parts.tokens, parts.clock, bearer)
      if (verdict.kind === 'refused') {
        parts.metrics.count(
          'api_logins_refused_total',
          'API requests with a token that was refused',
        )
        auditRefusal({ id: verdict.id, reason: verdict.reason, address: peer.address })
        throw unauthorized(verdict.reason)
      }
      const { id, scopes } = verdict.stored
      return { actor: `token:${id}`, tokenId: id, scopes, address: peer.address }
    },
  }
}

const AUDIT_WINDOW_MS = 60_000
const AUDITED_PER_WINDOW = 10

interface Refusal {
  readonly id: string | null
  readonly reason: string
  readonly address: string | null
}

/** Audits refused logins, ten a minute: somebody who guesses tokens must not fill the disk. */
function createRefusalAudit(
  audit: AuditTrail,
  clock: Clock,
  auditFailed: (error: unknown) => void,
): (refusal: Refusal) => void {
  let windowStartMs = Number.NEGATIVE_INFINITY
  let written = 0
  let unwritten = 0
  return (refusal) => {
    const nowMs = clock.nowMs()
    if (nowMs - windowStartMs >= AUDIT_WINDOW_MS) {
      windowStartMs = nowMs
      written = 0
    }
    if (written >= AUDITED_PER_WINDOW) {
      unwritten += 1
      return
    }
    written += 1
    const { id, reason, address } = refusal
    const details = { reason, address, unwrittenBefore: unwritten }
    unwritten = 0
    audit
      .append({ actor: 'agent', action: 'login.refused', subject: id ?? 'unknown', details })
      .catch(auditFailed)
  }
}
