/** Reads the audit trail: pages, and walks over the chain, both in steps of bounded work. */
import type { AuditHead, AuditProblem, AuditQuery, AuditRow } from '../logs/audit-trail.ts'
import type { Page } from '../logs/event-log.ts'
import { auditHead, GENESIS, hashOfRow, lastAuditId, type ChainRow } from '../sqlite/audit-chain.ts'
import type { Connection } from '../sqlite/connection.ts'
import { decodeRowCursor, encodeCursor } from './cursor.ts'
import { Where } from './where.ts'

/** How many rows a step looks at: some 20 ms. */
export const AUDIT_ROWS_PER_STEP = 5000

/**
 * Gives the rows of one step that fit the query. `nextCursor` is where the next step begins, which may find
 * none; only null is the end.
 *
 * Errors: `ERR_API_REQUEST` for a cursor that is not ours.
 */
export function stepAudit(connection: Connection, query: AuditQuery): Page<AuditRow> {
  const end = auditHead(connection).id + 1
  const asked = query.cursor === undefined ? end : decodeRowCursor('audit', query.cursor).tie
  // A made-up one from far behind the end would be walked down from.
  const before = Math.min(asked, end)
  const from = Math.max(1, before - AUDIT_ROWS_PER_STEP)
  const where = conditionsOf(query).and('id < ? AND id >= ?', before, from)
  const sql = `SELECT * FROM audit ${where.sql} ORDER BY id DESC LIMIT ?`
  const found = connection.prepare(sql).all(...where.values, query.limit + 1) as ChainRow[]
  const items = found.slice(0, query.limit).map(rowOf)
  const stop = found.length > query.limit ? items.at(-1)!.id : from
  return { items, nextCursor: stop <= 1 ? null : encodeCursor('audit', { time: 0, tie: stop }) }
}

function conditionsOf({ fromMs, toMs, actor, action, subject }: AuditQuery): Where {
  const where = new Where()
  if (fromMs !== undefined) where.and('at_ms >= ?', fromMs)
  if (toMs !== undefined) where.and('at_ms < ?', toMs)
  if (subject !== undefined) where.and('subject = ?', subject)
  // `;` is the character after `:`, and `/` the one after `.`: the ranges of what begins with either.
  if (actor !== undefined) {
    where.and('(actor = ? OR (actor > ? AND actor < ?))', actor, `${actor}:`, `${actor};`)
  }
  if (action !== undefined) {
    where.and('(action = ? OR (action > ? AND action < ?))', action, `${action}.`, `${action}/`)
  }
  return where
}

function rowOf(row: ChainRow): AuditRow {
  const { id, at_ms: atMs, actor, action, subject, details, peer, hash } = row
  return { id, atMs, actor, action, subject, details: detailsOf(details), peer, hash }
}

/** Somebody may have edited the row: `verify` tells, and the list shows what is there. */
function detailsOf(text: string): AuditRow['details'] {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : { value }
  } catch {
    return { unreadable: text }
  }
}

/** How far a walk has come, and what it goes by. */
export interface AuditWalk {
  /** The row that was read last, as its neighbour must name it. */
  readonly head: AuditHead
  /** The head that somebody kept; null for none. */
  readonly known: AuditHead | null
}

/** What a step of a walk found, and whether rows may follow. */
export interface AuditStretch {
  readonly rows: number
  readonly head: AuditHead
  readonly problems: readonly AuditProblem[]
  readonly isEnd: boolean
}

/** Walks on from a row. After a break it goes on by what is there, so that one break does not hide another. */
export function walkAudit(connection: Connection, { head, known }: AuditWalk): AuditStretch {
  const select = connection.prepare(
    `SELECT * FROM audit WHERE id > ? ORDER BY id LIMIT ${AUDIT_ROWS_PER_STEP}`,
  )
  // One transaction: the end and the counter must be of the same moment.
  return connection.transaction(() => {
    const problems = head.id === GENESIS.id ? putInBefore(connection) : []
    let last = head
    const rows = select.all(head.id) as ChainRow[]
    for (const row of rows) {
      problems.push(...problemsOf(row, last, known))
      last = { id: row.id, hash: row.hash }
    }
    const isEnd = rows.length < AUDIT_ROWS_PER_STEP
    if (isEnd) problems.push(...cutOff(last, lastAuditId(connection), known))
    return { rows: rows.length, head: last, problems, isEnd }
  })()
}

/** The first row has number 1. */
function putInBefore(connection: Connection): AuditProblem[] {
  const ids = connection.prepare('SELECT id FROM audit WHERE id < 1 ORDER BY id LIMIT 100').pluck()
  return (ids.all() as number[]).map((id) => ({ id, problem: `row ${id} was put in` }))
}

function problemsOf(row: ChainRow, last: AuditHead, known: AuditHead | null): AuditProblem[] {
  const { id } = row
  const told: AuditProblem[] = []
  const isGap = id !== last.id + 1
  if (isGap) told.push({ id: last.id + 1, problem: missing(last.id + 1, id - 1) })
  if (!isGap && row.previous_hash !== last.hash) {
    told.push({ id, problem: `row ${id} does not follow the one before it` })
  }
  if (row.hash !== hashOfRow(row)) told.push({ id, problem: `row ${id} was changed` })
  if (id === known?.id && row.hash !== known.hash) {
    told.push({
      id,
      problem: `row ${id} is not the one that is known: it or one before was changed`,
    })
  }
  return told
}

function cutOff(last: AuditHead, given: number, known: AuditHead | null): AuditProblem[] {
  const end = Math.max(given, known?.id ?? 0)
  if (end > last.id) return [{ id: last.id + 1, problem: missing(last.id + 1, end) }]
  return given < last.id ? [{ id: given + 1, problem: `row ${given + 1} was put in` }] : []
}

const missing = (first: number, last: number): string =>
  first === last ? `row ${first} is missing` : `rows ${first} to ${last} are missing`
