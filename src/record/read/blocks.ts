/** Reads blocks. */
import type { Block, BlockLog, BlockQuery } from '../block-log.ts'
import type { Page } from '../event-log.ts'
import { keyRange } from '../sqlite/address-key.ts'
import type { Connection } from '../sqlite/connection.ts'
import { decodeIdCursor, encodeCursor } from './cursor.ts'
import { Where } from './where.ts'

const COLUMNS = `id, target, state, created_at_ms AS createdAtMs, expires_at_ms AS expiresAtMs,
  lifted_at_ms AS liftedAtMs, reason, source, ordered_by AS orderedBy, event_id AS eventId, failure`
const STANDING = "state IN ('pending', 'active', 'failed')"

/** The reading half of the block log. */
export function blockReader(connection: Connection): Omit<BlockLog, 'save'> {
  const selectOne = connection.prepare(`SELECT ${COLUMNS} FROM blocks WHERE id = ?`)
  const selectStanding = connection.prepare(
    `SELECT ${COLUMNS} FROM blocks WHERE ${STANDING} ORDER BY created_at_ms, id`,
  )
  return {
    get: (id) => (selectOne.get(id.toLowerCase()) as Block | undefined) ?? null,
    standing: () => selectStanding.all() as Block[],
    list: (query) => listBlocks(connection, query),
  }
}

function listBlocks(connection: Connection, query: BlockQuery): Page<Block> {
  const where = conditionsOf(query)
  const sql = `SELECT ${COLUMNS} FROM blocks ${where.sql}
    ORDER BY created_at_ms DESC, id DESC LIMIT ?`
  const found = connection.prepare(sql).all(...where.values, query.limit + 1) as Block[]
  const items = found.slice(0, query.limit)
  const last = items.at(-1)
  return {
    items,
    nextCursor:
      last === undefined || found.length <= query.limit
        ? null
        : encodeCursor('blocks', { time: last.createdAtMs, tie: last.id }),
  }
}

function conditionsOf(query: BlockQuery): Where {
  const where = new Where()
  if (query.cursor !== undefined) {
    const { time, tie } = decodeIdCursor('blocks', query.cursor)
    where.and('(created_at_ms, id) < (?, ?)', time, tie)
  }
  if (query.state === undefined) where.and(STANDING)
  else where.and('state = ?', query.state)
  if (query.target !== undefined) {
    // Two ranges share an address only where one holds the other: equal, holding and inside in one.
    const { first, last } = keyRange(query.target)
    where.and('target_first <= ? AND target_last >= ?', last, first)
  }
  return where
}
