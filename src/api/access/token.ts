/** API tokens: made once and shown once, known again by a salted hash in constant time. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../core/clock.ts'
import { parseAddress } from '../../net/address.ts'
import { cidrContains, parseCidr } from '../../net/cidr.ts'
import type { Scope, StoredToken, TokenStore } from '../../record/logs/api/token-store.ts'

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const ID_LENGTH = 12
// 43 letters of 62 are 256 bits.
const SECRET_LENGTH = 43
const TOKEN = new RegExp(`^pkt_([0-9A-Za-z]{${ID_LENGTH}})_([0-9A-Za-z]{${SECRET_LENGTH}})$`)

export interface TokenOrder {
  readonly scopes: readonly Scope[]
  readonly description: string | null
  readonly expiresAtMs: number | null
  /** Canonical CIDRs from which alone it is good. */
  readonly networks?: readonly string[]
  /** Who makes it, for the audit trail. */
  readonly actor: string
}

/**
 * Makes a token and stores its hash; `token` is the only copy of the secret there will ever be.
 *
 * Shape: `pkt_ID_SECRET`; the id is public and names the token in the audit trail.
 * Errors: `ERR_RECORD_WRITE`.
 */
export async function createToken(
  tokens: TokenStore,
  clock: Clock,
  order: TokenOrder,
): Promise<{ readonly token: string; readonly stored: StoredToken }> {
  const id = randomText(ID_LENGTH)
  const secret = randomText(SECRET_LENGTH)
  const salt = randomBytes(16).toString('hex')
  const stored: StoredToken = {
    id,
    scopes: order.scopes,
    description: order.description,
    networks: order.networks ?? [],
    createdAtMs: clock.nowMs(),
    expiresAtMs: order.expiresAtMs,
    revokedAtMs: null,
    salt,
    hash: hashOf(salt, secret).toString('hex'),
  }
  await tokens.save(stored, order.actor)
  return { token: `pkt_${id}_${secret}`, stored }
}

/** Withdraws a token at once; null when there is none of that id. */
export async function revokeToken(
  tokens: TokenStore,
  clock: Clock,
  id: string,
  actor: string,
): Promise<StoredToken | null> {
  const stored = tokens.get(id)
  if (stored === null || stored.revokedAtMs !== null) return stored
  const revoked = { ...stored, revokedAtMs: clock.nowMs() }
  await tokens.save(revoked, actor)
  return revoked
}

/** What came of looking at a presented token; the reason is fit for the client and the audit trail. */
export type TokenVerdict =
  | { readonly kind: 'valid'; readonly stored: StoredToken }
  | { readonly kind: 'refused'; readonly reason: string; readonly id: string | null }

/** What a token is checked against. */
export interface TokenGround {
  readonly tokens: TokenStore
  readonly clock: Clock
}

/**
 * Looks a presented token up and checks it, its expiry, its revocation and its networks, as they stand at this
 * moment; `address` is the peer's.
 *
 * Expiry, revocation and networks are told only to who knows the secret.
 */
export function checkToken(
  { tokens, clock }: TokenGround,
  presented: string,
  address: string | null,
): TokenVerdict {
  const match = TOKEN.exec(presented)
  if (match === null) {
    return { kind: 'refused', reason: 'the token does not have the form pkt_ID_SECRET', id: null }
  }
  const [, id = '', secret = ''] = match
  const stored = tokens.get(id)
  // An unknown id costs a hash too, so that time does not tell which ids exist.
  const given = hashOf(stored?.salt ?? '00', secret)
  const expected = stored === null ? randomBytes(given.length) : Buffer.from(stored.hash, 'hex')
  const isSame = expected.length === given.length && timingSafeEqual(expected, given)
  if (stored === null || !isSame) return { kind: 'refused', reason: 'the token is unknown', id }
  if (stored.revokedAtMs !== null) {
    return { kind: 'refused', reason: 'the token has been revoked', id }
  }
  if (stored.expiresAtMs !== null && stored.expiresAtMs <= clock.nowMs()) {
    return { kind: 'refused', reason: 'the token has expired', id }
  }
  if (!isWithin(stored.networks, address)) {
    return { kind: 'refused', reason: `the token is not good from ${address ?? 'here'}`, id }
  }
  return { kind: 'valid', stored }
}

function isWithin(networks: readonly string[], address: string | null): boolean {
  if (networks.length === 0) return true
  const peer = address === null ? null : parseAddress(address)
  return peer !== null && networks.some((network) => cidrContains(parseCidr(network)!, peer))
}

const hashOf = (salt: string, secret: string): Buffer =>
  createHash('sha256').update(Buffer.from(salt, 'hex')).update(secret).digest()

function randomText(length: number): string {
  let text = ''
  // 248 is the largest multiple of 62 in a byte: what lies above would favour the first letters.
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < 248 && text.length < length) text += ALPHABET[byte % 62]
    }
  }
  return text
}
