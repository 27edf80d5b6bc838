/** The audit trail's hash chain: each row's hash covers the row and the hash before it. */
import { createHash } from 'node:crypto'
import type { AuditEntry } from '../block-log.ts'
import type { Connection } from './connection.ts'

/** The hash before the first row. */
const GENESIS = '0'.repeat(64)

interface AuditRow {
  readonly id: number
  readonly at_ms: number
  readonly actor: string
  readonly action: string
  readonly subject: string
  readonly details: string
  readonly previous_hash: string
  readonly hash: string
}

/** What a walk over the whole trail found. */
export interface AuditFinding {
  readonly isIntact: boolean
  /** Rows that were read. */
  readonly rows: number
  /** The newest hash; kept elsewhere (in the SIEM), it proves that nothing before it was rewritten. */
  readonly head: string
  /** Where the chain breaks and how, in a sentence; null when it holds. */
  readonly problem: string | null
}

/** The newest row: kept elsewhere (in the SIEM), it proves that nothing up to it was changed. */
export interface AuditHead {
  /** 0 while there is no row. */
  readonly id: number
  readonly hash: string
}

/** Gives the newest row. */
export function auditHead(connection: Connection): AuditHead {
  const newest = connection.prepare('SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1').get()
  return (newest as AuditHead | undefined) ?? { id: 0, hash: GENESIS }
}

/** Appends a row; call it inside the transaction that does what the row tells. */
export function appendAudit(connection: Connection, entry: AuditEntry, atMs: number): void {
  const previous = connection
    .prepare('SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1')
    .get() as Pick<AuditRow, 'id' | 'hash'> | undefined
  const given = connection
    .prepare("SELECT seq FROM sqlite_sequence WHERE name = 'audit'")
    .pluck()
    .get() as number | undefined
  const row = {
    id: (given ?? 0) + 1,
    at_ms: atMs,
    actor: entry.actor,
    action: entry.action,
    subject: entry.subject,
    details: JSON.stringify(entry.details),
    previous_hash: previous?.hash ?? GENESIS,
  }
  connection
    .prepare(
      `INSERT INTO audit (id, at_ms, actor, action, subject, details, previous_hash, hash)
       VALUES (@id, @at_ms, @actor, @action, @subject, @details, @previous_hash, @hash)`,
    )
    .run({ ...row, hash: hashOf(row) })
}

/**
 * Walks the whole trail and says whether any row was changed, taken out or put in.
 *
 * Rows cut off at the end show by the counter the database keeps. Who can write the file can also compute
 * a whole new chain: against that, compare `head` with one kept elsewhere.
 */
export function verifyAudit(connection: Connection): AuditFinding {
  let head = GENESIS
  let rows = 0
  const broken = (problem: string): AuditFinding => ({ isIntact: false, rows, head, problem })
  const trail = connection.prepare('SELECT * FROM audit ORDER BY id').iterate()
  for (const row of trail as IterableIterator<AuditRow>) {
    if (row.id !== rows + 1) return broken(`row ${rows + 1} is missing`)
    if (row.previous_hash !== head) return broken(`row ${row.id} does not follow the one before it`)
    if (row.hash !== hashOf(row)) return broken(`row ${row.id} was changed`)
    head = row.hash
    rows += 1
  }
  const given = connection
    .prepare("SELECT seq FROM sqlite_sequence WHERE name = 'audit'")
    .pluck()
    .get() as number | undefined
  if ((given ?? 0) !== rows) return broken(`row ${rows + 1} is missing`)
  return { isIntact: true, rows, head, problem: null }
}

function hashOf(row: Omit<AuditRow, 'hash'>): string {
  // A JSON array has one spelling for these strings and integers, so no two rows share a pre-image.
  const canonical = JSON.stringify([
    row.id,
    row.at_ms,
    row.actor,
    row.action,
    row.subject,
    row.details,
    row.previous_hash,
  ])
  return createHash('sha256').update(canonical).digest('hex')
}
