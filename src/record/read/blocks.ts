/** Reads blocks. */
import type { Block, BlockHistory, BlockLog, BlockQuery } from '../logs/block-log.ts'
import type { Page } from '../logs/event-log.ts'
import { parsePortRange } from '../../net/port-range.ts'
import { keyRange } from '../sqlite/address-key.ts'
import type { ReadConnection } from '../sqlite/live-connection.ts'
import { decodeIdCursor, encodeCursor } from './cursor.ts'
import { Where } from './where.ts'

const COLUMNS = `id, target, direction, protocol, ports, state, created_at_ms AS createdAtMs,
  expires_at_ms AS expiresAtMs, lifted_at_ms AS liftedAtMs, lifted_by AS liftedBy, reason, source,
  ordered_by AS orderedBy, event_id AS eventId, failure, verified_at_ms AS verifiedAtMs,
  stopped_packets AS stoppedPackets, stopped_bytes AS stoppedBytes`
/** Two ranges share an address only where one holds the other: equal, holding and inside in one. */
const TOUCHES = 'target_first <= ? AND target_last >= ?'
const STANDING = "state IN ('pending', 'active', 'failed')"

/** The reading half of the block log. */
export function blockReader(connection: ReadConnection): Omit<BlockLog, 'save'> {
  const selectOne = connection.prepare(`SELECT ${COLUMNS} FROM blocks WHERE id = ?`)
  const selectStanding = connection.prepare(
    `SELECT ${COLUMNS} FROM blocks WHERE ${STANDING} ORDER BY created_at_ms, id`,
  )
  const selectHistory = connection.prepare(
    `SELECT count(*) FILTER (WHERE source IN ('policy', 'feed') AND created_at_ms >= @sinceMs) AS automaticBlocks,
       max(lifted_at_ms) FILTER (WHERE lifted_at_ms >= @sinceMs) AS lastLiftMs
     FROM blocks WHERE target_first <= @last AND target_last >= @first`,
  )
  return {
    get: (id) => {
      const row = selectOne.get(id.toLowerCase()) as BlockRow | undefined
      return row === undefined ? null : blockOf(row)
    },
    standing: () => (selectStanding.all() as BlockRow[]).map(blockOf),
    history(target, sinceMs) {
      return selectHistory.get({ ...keyRange(target), sinceMs }) as BlockHistory
    },
    list: (query) => listBlocks(connection, query),
  }
}

type BlockRow = Omit<Block, 'ports'> & { readonly ports: string }

function blockOf(row: BlockRow): Block {
  const ports = JSON.parse(row.ports) as (number | string)[]
  return { ...row, ports: ports.flatMap((given) => parsePortRange(given) ?? []) }
}

function listBlocks(connection: ReadConnection, query: BlockQuery): Page<Block> {
  const where = conditionsOf(query)
  const sql = `SELECT ${COLUMNS} FROM blocks ${where.sql}
    ORDER BY created_at_ms DESC, id DESC LIMIT ?`
  const found = connection.prepare(sql).all(...where.values, query.limit + 1) as BlockRow[]
  const items = found.slice(0, query.limit).map(blockOf)
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
    const { first, last } = keyRange(query.target)
    where.and(TOUCHES, last, first)
  }
  return where
}
