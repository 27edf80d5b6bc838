/** Who asks: a token or a client certificate over TCP, or the local operator over the unix socket. */
import type { Clock } from '../core/clock.ts'
import type { Metrics } from '../core/log/metrics.ts'
import type { AuditTrail } from '../record/record.ts'
import { SCOPES, type Scope, type TokenStore } from '../record/logs/api/token-store.ts'
import { LoginGuard, type LoginAttack } from './access/login-guard.ts'
import { createBoundedAudit } from './access/bounded-audit.ts'
import { checkToken } from './access/token.ts'
import type { ApiConfig } from './config.ts'
import { tooManyRequests, unauthorized } from './problem.ts'

/**
 * Where a request came in. `local` is the unix socket, which only its owner can open (mode 0600), or this very
 * process; it is stated by the listener and never guessed from a missing peer address.
 */
export type Peer = { readonly kind: 'local' } | NetworkPeer

export interface NetworkPeer {
  readonly kind: 'network'
  /** Canonical. */
  readonly address: string | null
  readonly localAddress: string | null
  readonly localPort: number | null
  /** Common name of the client certificate that an authority of `api.tls.clientCa` signed; null without. */
  readonly certificate: string | null
}

/** Who asks and what they may do. */
export interface Caller {
  /** As in the audit trail: `token:ID`, `certificate:NAME` or `local`. */
  readonly actor: string
  /** Null for the local operator and for certificates. */
  readonly tokenId: string | null
  readonly scopes: readonly Scope[]
  /** The peer's address on TCP. */
  readonly address: string | null
}

export interface Authenticator {
  /**
   * Says who asks; null when neither a token nor a known certificate was presented.
   *
   * Errors: `unauthorized` for a token that is malformed, unknown, expired, revoked or bound to other networks;
   * `too-many-requests` for such a token of a peer that failed too often.
   */
  authenticate(peer: Peer, authorization: string | undefined): Caller | null
  /** Whether a caller whose request still runs (a stream) may go on: its token may have been revoked since. */
  isStillGood(caller: Caller): boolean
}

export interface AuthenticatorParts {
  readonly tokens: TokenStore
  readonly audit: AuditTrail
  readonly clock: Clock
  readonly metrics: Metrics
  readonly config: Pick<ApiConfig, 'tls' | 'limits'>
  readonly onLoginAttack: (attack: LoginAttack) => void
  /** Told when the audit trail could not be written; the request is refused all the same. */
  readonly auditFailed: (error: unknown) => void
}

/** Who comes through the unix socket, as in the audit trail. */
export const LOCAL_ACTOR = 'local'
const LOCAL_OPERATOR: Caller = { actor: LOCAL_ACTOR, tokenId: null, scopes: SCOPES, address: null }

/** Says whether the caller holds the scope; `admin` holds all. */
export function hasScope(caller: Caller, scope: Scope): boolean {
  return caller.scopes.includes(scope) || caller.scopes.includes('admin')
}

/** Makes what tells callers by token, client certificate or the unix socket, and counts refused logins by peer. */
export function createAuthenticator(parts: AuthenticatorParts): Authenticator {
  const { tokens, clock, metrics, config } = parts
  const auditRefusal = createBoundedAudit(parts.audit, clock, parts.auditFailed)
  const perMinute = config.limits.failedLoginsPerMinute
  const guard = new LoginGuard({ perMinute, clock, onAttack: parts.onLoginAttack })
  const refusal = (peer: NetworkPeer, { id, reason }: { id: string | null; reason: string }) => {
    const { address, localAddress, localPort } = peer
    metrics.count('api_logins_refused_total', 'API requests with a token that was refused')
    const told = { actor: 'agent', action: 'login.refused', subject: id ?? 'unknown' }
    auditRefusal({ ...told, details: { reason, address } })
    const seconds = guard.failed(address, { address: localAddress, port: localPort })
    if (seconds === 0) return unauthorized(reason)
    return tooManyRequests(`too many logins from ${address ?? 'here'} failed`, seconds)
  }
  return {
    authenticate(peer, authorization) {
      if (peer.kind === 'local') return LOCAL_OPERATOR
      if (authorization === undefined) return callerByCertificate(peer, config.tls.clients)
      const bearer = /^bearer +(\S+) *$/i.exec(authorization)?.[1]
      const verdict = bearer === undefined ? NOT_BEARER : checkToken(parts, bearer, peer.address)
      if (verdict.kind === 'refused') throw refusal(peer, verdict)
      const { id, scopes } = verdict.stored
      return { actor: `token:${id}`, tokenId: id, scopes, address: peer.address }
    },
    isStillGood({ tokenId }) {
      if (tokenId === null) return true
      const stored = tokens.get(tokenId)
      if (stored === null || stored.revokedAtMs !== null) return false
      return stored.expiresAtMs === null || stored.expiresAtMs > clock.nowMs()
    },
  }
}

const NOT_BEARER = {
  kind: 'refused',
  reason: 'the Authorization header is not `Bearer TOKEN`',
  id: null,
} as const

function callerByCertificate(
  { certificate, address }: NetworkPeer,
  clients: ApiConfig['tls']['clients'],
): Caller | null {
  const known = clients.find(({ name }) => name === certificate)
  if (certificate === null || known === undefined) return null
  return { actor: `certificate:${certificate}`, tokenId: null, scopes: known.scopes, address }
}
