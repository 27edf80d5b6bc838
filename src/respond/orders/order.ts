/** An order to block, checked: from here on the target is an address range and the time a time. */
import { PicketError } from '../../core/errors.ts'
import { parseCidr, type Cidr } from '../../net/cidr.ts'
import type { Block, BlockScope } from '../../record/logs/block-log.ts'

const MAX_TTL_SECONDS = 2_147_483

/** Sources behind which no person stands; an order of the fleet is signed by one. */
const AUTOMATIC: ReadonlySet<Block['source']> = new Set(['policy', 'feed'])

export interface BlockOrder extends Partial<BlockScope> {
  /** As it came: an address or a range in CIDR notation. */
  readonly target: string
  /** Null for good; absent for the configured default. */
  readonly ttlSeconds?: number | null | undefined
  /** When it is to end, ms since the epoch, for an order that may have been long on its way; instead of `ttlSeconds`. */
  readonly expiresAtMs?: number
  readonly reason: string | null
  readonly source: Block['source']
  readonly orderedBy: string | null
  /** Who the audit trail names: `token:ID`, `local:UID`, `policy:DETECTOR`. */
  readonly actor: string
  readonly eventId: string | null
  /** Where the order came from, never to be cut off by it; null for the agent itself and its socket. */
  readonly callerAddress: string | null
  /** Passes the guards that are safe to pass; only for those who may. */
  readonly override?: boolean
}

/** Says whether no person ordered it. */
export function isAutomatic({ source }: Pick<BlockOrder, 'source'>): boolean {
  return AUTOMATIC.has(source)
}

/** Reads the target. Errors: `ERR_API_REQUEST` naming the field, its value and what is expected. */
export function readTarget(text: string): Cidr {
  const range = parseCidr(text)
  if (range !== null) return range
  throw new PicketError(
    'ERR_API_REQUEST',
    `target is ${JSON.stringify(text.slice(0, 60))}, which is neither an address nor a CIDR range`,
    { hint: 'write it like 192.0.2.7, 192.0.2.0/24, 2001:db8::7 or 2001:db8::/64' },
  )
}

/** Returns when the block is to end, ms since the epoch; null for never. Errors: `ERR_API_REQUEST`. */
export function expiryOf(
  ttlSeconds: number | null | undefined,
  defaultTtlSeconds: number,
  nowMs: number,
): number | null {
  if (ttlSeconds === null) return null
  const seconds = ttlSeconds ?? defaultTtlSeconds
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > MAX_TTL_SECONDS) {
    throw new PicketError(
      'ERR_API_REQUEST',
      `ttlSeconds is ${seconds}; use a whole number from 1 to ${MAX_TTL_SECONDS}, or null for good`,
    )
  }
  return nowMs + seconds * 1000
}

/** Returns the later of two ends; null, for good, is the latest of all. */
export function laterExpiry(one: number | null, other: number | null): number | null {
  return one === null || other === null ? null : Math.max(one, other)
}
