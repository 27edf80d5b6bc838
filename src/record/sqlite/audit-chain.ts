/** The audit trail's hash chain: each row's hash covers the row and the hash before it. */
import { createHash } from 'node:crypto'
import type { AuditEntry, AuditHead } from '../logs/audit-trail.ts'
import type { Connection } from './connection.ts'
import type { ReadConnection } from './live-connection.ts'

/** The head of a trail without rows. */
export const GENESIS: AuditHead = { id: 0, hash: '0'.repeat(64) }

/** A row as the table has it. */
export interface ChainRow {
  readonly id: number
  readonly at_ms: number
  readonly actor: string
  readonly action: string
  readonly subject: string
  readonly details: string
  readonly previous_hash: string
  readonly hash: string
  readonly peer: string | null
}

/** Gives the newest row's id and hash. */
export function auditHead(connection: ReadConnection): AuditHead {
  const row = connection.prepare('SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1').get()
  return (row as AuditHead | undefined) ?? GENESIS
}

/** Gives the newest id ever given; more than that of the head where the end was cut off. */
export function lastAuditId(connection: Connection): number {
  const given = connection.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'audit'").pluck()
  return (given.get() as number | undefined) ?? 0
}

/** Appends a row; call it inside the transaction that does what the row tells. */
export function appendAudit(connection: Connection, entry: AuditEntry, atMs: number): void {
  const row = {
    id: lastAuditId(connection) + 1,
    at_ms: atMs,
    actor: asStored(entry.actor),
    action: entry.action,
    subject: asStored(entry.subject),
    details: JSON.stringify(entry.details),
    previous_hash: auditHead(connection).hash,
    peer: entry.peer ?? null,
  }
  connection
    .prepare(
      `INSERT INTO audit (id, at_ms, actor, action, subject, details, previous_hash, hash, peer)
       VALUES (@id, @at_ms, @actor, @action, @subject, @details, @previous_hash, @hash, @peer)`,
    )
    .run({ ...row, hash: hashOfRow(row) })
}

/** Half a surrogate pair is stored as U+FFFD: hashed as it came, the row would seem changed for ever. */
const asStored = (text: string): string => Buffer.from(text).toString()

/** Gives the hash that a row must have: SHA-256 in hex over its columns and the hash before. */
export function hashOfRow(row: Omit<ChainRow, 'hash'>): string {
  // A JSON array has one spelling for these strings and integers, so no two rows share a pre-image. Rows
  // without a peer are hashed as they were before there were peers.
  const { id, at_ms, actor, action, subject, details, previous_hash, peer } = row
  const columns = [id, at_ms, actor, action, subject, details, previous_hash]
  const canonical = JSON.stringify(peer === null ? columns : [...columns, peer])
  return createHash('sha256').update(canonical).digest('hex')
}
