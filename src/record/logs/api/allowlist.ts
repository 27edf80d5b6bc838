/** The allowlist that people keep while the agent runs, beside the configured one: who is never blocked. */
import type { AuditEntry } from '../block-log.ts'

/** Times in ms since the epoch. */
export interface AllowlistEntry {
  readonly id: string
  /** Canonical address or CIDR. */
  readonly range: string
  readonly comment: string
  readonly createdBy: string
  readonly createdAtMs: number
  /** Null for good. */
  readonly expiresAtMs: number | null
  readonly removedAtMs: number | null
  readonly removedBy: string | null
}

export interface Allowlist {
  /** Inserts or replaces by id. Errors: `ERR_RECORD_WRITE`; then neither it nor its audit row is kept. */
  save(entry: AllowlistEntry, audit: AuditEntry): Promise<void>
  get(id: string): AllowlistEntry | null
  /** Those in force at this time, newest first. */
  inForce(nowMs: number): readonly AllowlistEntry[]
}
