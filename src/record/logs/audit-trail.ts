/** The audit trail: who changed what, each row bound to all before it by its hash. */
import type { Page } from './event-log.ts'

/** What a row tells: who did what to what. */
export interface AuditEntry {
  /** `token:ID`, `local`, `local:UID`, `policy:DETECTOR`, `agent`. */
  readonly actor: string
  /** Dotted, the thing before what was done to it: `block.ordered`, `agent.started`, `token.created`. */
  readonly action: string
  readonly subject: string
  /** Anything else worth keeping, JSON; never a secret. */
  readonly details: Readonly<Record<string, unknown>>
  /** The address that the order came from; null or left out where it did not come over the network. */
  readonly peer?: string | null
}

/** A row as it stands. */
export interface AuditRow extends Required<AuditEntry> {
  /** 1 for the first, each one more than the one before. */
  readonly id: number
  /** ms since the epoch. */
  readonly atMs: number
  /** Hex, SHA-256 of the row and of the hash of the row before it. */
  readonly hash: string
}

/** The newest row: kept elsewhere (in the SIEM), it proves that nothing up to it was changed. */
export interface AuditHead {
  /** 0 while there is no row. */
  readonly id: number
  readonly hash: string
}

/** A place where the trail is not what it was. */
export interface AuditProblem {
  /** The row, or the first of those that are missing. */
  readonly id: number
  readonly problem: string
}

/** What a walk over the whole trail found. */
export interface AuditFinding {
  readonly isIntact: boolean
  /** Rows that were read. */
  readonly rows: number
  readonly head: AuditHead
  /** The first hundred places, in their order. */
  readonly problems: readonly AuditProblem[]
}

export interface AuditQuery {
  /** At or after this time, ms. */
  readonly fromMs?: number | undefined
  /** Before this time, ms. */
  readonly toMs?: number | undefined
  /** Exact, or up to a colon: `token` finds `token:ID`. */
  readonly actor?: string | undefined
  /** Exact, or up to a dot: `block` finds `block.lifted`. */
  readonly action?: string | undefined
  /** Exact. */
  readonly subject?: string | undefined
  /** 1–1000. */
  readonly limit: number
  readonly cursor?: string | undefined
}

export interface AuditTrail {
  /** Appends a row whose hash covers the one before (SHA-256). Errors: `ERR_RECORD_WRITE`. */
  append(entry: AuditEntry): Promise<void>
  /** The newest row. Cost: one look at the last page. */
  head(): AuditHead
  /** Newest first, looked for in a thread of its own. Errors: as `EventLog.list`. */
  list(query: AuditQuery): Promise<Page<AuditRow>>
  /**
   * Walks the whole trail in a thread of its own, some thousand rows at a time, and says where rows were
   * changed, taken out, put in or moved.
   *
   * What was cut off at the end shows by the database's own counter, which whoever can write the file can
   * change too: only a `known` head that was kept elsewhere shows that, or that all was written anew.
   * Errors: `ERR_RECORD_BUSY`, `ERR_RECORD_READ`.
   */
  verify(known?: AuditHead): Promise<AuditFinding>
}
