/** Tokens: who may use the API. The CLI makes them too, without the agent. */
import type { components } from '../../../openapi/contract.d.ts'
import { rfc3339FromUs, rfc3339OrNull, type Clock } from '../../core/clock.ts'
import { formatCidr, parseCidr } from '../../net/cidr.ts'
import type { StoredToken, TokenStore } from '../../record/logs/api/token-store.ts'
import { createToken, revokeToken } from '../access/token.ts'
import type { Handler } from '../contract/contract.ts'
import { notFound } from '../problem.ts'

type Token = components['schemas']['Token']

/** Serves the operations on tokens. */
export function tokenHandlers(
  tokens: TokenStore,
  clock: Clock,
): { [Id in 'listTokens' | 'createToken' | 'revokeToken']: Handler<Id> } {
  return {
    listTokens: () => ({ status: 200, body: { items: tokens.list().map(apiToken) } }),
    createToken: async ({ body, caller }) => {
      const { scopes, description = null, networks = [], ttlSeconds = null } = body
      const { token, stored } = await createToken(tokens, clock, {
        scopes,
        description,
        // The document's formats have said that each is one.
        networks: networks.map((network) => formatCidr(parseCidr(network)!)),
        expiresAtMs: ttlSeconds === null ? null : clock.nowMs() + ttlSeconds * 1000,
        actor: caller!.actor,
      })
      const headers = { location: `/v1/tokens/${stored.id}` }
      return { status: 201, body: { token, ...apiToken(stored) }, headers }
    },
    revokeToken: async ({ path, caller }) => {
      const revoked = await revokeToken(tokens, clock, path.tokenId, caller!.actor)
      if (revoked === null) throw notFound('there is no token with this id')
      return { status: 200, body: apiToken(revoked) }
    },
  }
}

/** Everything about a token that may be shown: never its salt or hash. */
export function apiToken(token: StoredToken): Token {
  return {
    id: token.id,
    scopes: [...token.scopes],
    description: token.description,
    networks: [...token.networks],
    createdAt: rfc3339FromUs(token.createdAtMs * 1000),
    expiresAt: rfc3339OrNull(token.expiresAtMs),
    revokedAt: rfc3339OrNull(token.revokedAtMs),
  }
}
