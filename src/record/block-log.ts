/** The blocks as recorded: the truth that the firewall is made equal to. */
import type { Cidr } from '../net/cidr.ts'
import type { AuditEntry } from './audit-trail.ts'
import type { Page } from './event-log.ts'

export type { AuditEntry } from './audit-trail.ts'

export const BLOCK_STATES = ['pending', 'active', 'failed', 'expired', 'lifted'] as const
export type BlockState = (typeof BLOCK_STATES)[number]

/** Times in ms since the epoch. */
export interface Block {
  readonly id: string
  /** Canonical address or CIDR. */
  readonly target: string
  readonly state: BlockState
  readonly createdAtMs: number
  /** Null for good. */
  readonly expiresAtMs: number | null
  readonly liftedAtMs: number | null
  readonly reason: string | null
  readonly source: 'api' | 'cli' | 'policy'
  /** Token id, local user or detector. */
  readonly orderedBy: string | null
  readonly eventId: string | null
  readonly failure: string | null
}

export interface BlockQuery {
  /** Without it: pending, active and failed. */
  readonly state?: BlockState | undefined
  /** Target equal to, holding, or inside this range. */
  readonly target?: Cidr | undefined
  readonly limit: number
  readonly cursor?: string | undefined
}

export interface BlockLog {
  /** Inserts or replaces by id, with the audit row in the same transaction. Errors: `ERR_RECORD_WRITE`. */
  save(block: Block, audit: AuditEntry): Promise<void>
  get(id: string): Block | null
  /** Every block that is pending, active or failed. */
  standing(): readonly Block[]
  /** Newest first. Errors: `ERR_API_REQUEST` for a cursor that is not ours. */
  list(query: BlockQuery): Page<Block>
}
