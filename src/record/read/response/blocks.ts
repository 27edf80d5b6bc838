/** Reads blocks. */
import type { Block, BlockHistory, BlockLog, BlockQuery } from '../../logs/block-log.ts'
import type { Page } from '../../logs/event-log.ts'
import { cidrsAround, type Cidr } from '../../../net/cidr.ts'
import { parsePortRange } from '../../../net/port-range.ts'
import { keyRange, type KeyRange } from '../../sqlite/address-key.ts'
import type { ReadConnection } from '../../sqlite/live-connection.ts'
import { decodeIdCursor, encodeCursor } from '../cursor.ts'
import { Where } from '../where.ts'

const COLUMNS = `id, target, direction, protocol, ports, state, created_at_ms AS createdAtMs,
  expires_at_ms AS expiresAtMs, lifted_at_ms AS liftedAtMs, lifted_by AS liftedBy, reason, source,
  ordered_by AS orderedBy, event_id AS eventId, failure, verified_at_ms AS verifiedAtMs,
  stopped_packets AS stoppedPackets, stopped_bytes AS stoppedBytes`
/**
 * Blocks that are equal to a range, hold it or lie inside it. Two ranges share an address only where one holds the
 * other: so its target lies inside, or begins where one of the few ranges begins that hold it. All blocks there ever
 * were are kept, and each automatic one asks.
 */
const TOUCHES = `rowid IN (
  SELECT rowid FROM blocks INDEXED BY blocks_by_target WHERE target_first BETWEEN @first AND @last
  UNION ALL
  SELECT rowid FROM blocks INDEXED BY blocks_by_target
  WHERE target_first IN (SELECT unhex(value) FROM json_each(@holders)) AND target_last >= @last)`
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
     FROM blocks WHERE ${TOUCHES}`,
  )
  return {
    get: (id) => {
      const row = selectOne.get(id.toLowerCase()) as BlockRow | undefined
      return row === undefined ? null : blockOf(row)
    },
    standing: () => (selectStanding.all() as BlockRow[]).map(blockOf),
    history(target, sinceMs) {
      return selectHistory.get({ ...touching(target), sinceMs }) as BlockHistory
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
  // Without a word the list would be walked in its order, and each row held against the few that touch.
  const walk = query.target === undefined ? '' : 'NOT INDEXED'
  const sql = `SELECT ${COLUMNS} FROM blocks ${walk} ${where.sql}
    ORDER BY created_at_ms DESC, id DESC LIMIT ?`
  const target = query.target === undefined ? [] : [touching(query.target)]
  const found = connection
    .prepare(sql)
    .all(...target, ...where.values, query.limit + 1) as BlockRow[]
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
  if (query.target !== undefined) where.and(TOUCHES)
  return where
}

/** What `TOUCHES` goes by. */
function touching(target: Cidr): KeyRange & { readonly holders: string } {
  const starts = new Set(cidrsAround(target).map((wider) => keyRange(wider).first.toString('hex')))
  return { ...keyRange(target), holders: JSON.stringify([...starts]) }
}
