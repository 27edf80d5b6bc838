/** Reads flows, newest first, by time, address, port, protocol and Community ID, in steps of bounded work. */
import type { Flow } from '../../flow/flow.ts'
import type { FlowQuery } from '../flow-log.ts'
import type { Page } from '../event-log.ts'
import { keyRange, type KeyRange } from '../sqlite/address-key.ts'
import type { Connection } from '../sqlite/connection.ts'
import { flowOfRow, packCommunityId, type FlowRow } from '../sqlite/flow-row.ts'
import { decodeRowCursor, encodeCursor, type Position } from './cursor.ts'
import { Where } from './where.ts'

/**
 * How many flows a step looks at, on each way: some 20 ms, however large the table. A range of addresses with
 * fewer flows than this is rare.
 */
export const FLOWS_PER_STEP = 10_000

/**
 * No flow is longer than the longest active timeout that may be configured (a day), so flows that ended
 * after a time began at most so long before it: what turns `fromUs` into a range of the start index.
 */
const LONGEST_FLOW_US = 25 * 3600 * 1e6

const NEWEST_FIRST = 'ORDER BY start_us DESC, row DESC'

/** A walk along one index, and the condition that makes it a walk in order of time. */
interface Way {
  readonly index: string
  readonly narrow: (where: Where) => Where
}

const ALL_FLOWS: Way = { index: 'flows_by_start', narrow: (where) => where }

/**
 * Gives the flows of one step that fit the query. `nextCursor` is where the next step begins, which may find
 * none; only null is the end.
 *
 * Errors: `ERR_API_REQUEST` for a cursor that is not ours.
 */
export function stepFlows(connection: Connection, query: FlowQuery): Page<Flow> {
  const ways = waysOf(connection, query)
  const end = endOfStep(connection, query, ways)
  const rows = rowsOf(connection, query, ways, end)
  const page = rows.slice(0, query.limit)
  const last = page.at(-1)
  const stop = rows.length > page.length && last !== undefined ? positionOf(last) : end
  return {
    items: page.map(flowOfRow),
    nextCursor: stop === null ? null : encodeCursor('flows', stop),
  }
}

const positionOf = (row: FlowRow): Position<number> => ({
  time: row.start_us as number,
  tie: row.row,
})

/**
 * Chooses the way by what the indexes can give in order of time: all flows, or those of one address. The
 * flows of a range lie there address by address: few are quickly sorted, of many (one's own LAN) the newest
 * are sooner found among all flows.
 */
function waysOf(connection: Connection, { address }: FlowQuery): readonly Way[] {
  if (address === undefined) return [ALL_FLOWS]
  const range = keyRange(address)
  const { first, last } = range
  if (first.equals(last)) return sides((column, where) => where.and(`${column} = ?`, first))
  if (!isRare(connection, range)) return [ALL_FLOWS]
  return sides((column, where) => where.and(`${column} BETWEEN ? AND ?`, first, last))
}

function sides(narrow: (column: string, where: Where) => Where): readonly Way[] {
  return ['originator', 'responder'].map((column) => ({
    index: `flows_by_${column}`,
    narrow: (where) => narrow(column, where),
  }))
}

function isRare(connection: Connection, { first, last }: KeyRange): boolean {
  return ['originator', 'responder'].every((column) => {
    const sql = `SELECT count(*) FROM (SELECT 1 FROM flows INDEXED BY flows_by_${column}
      WHERE ${column} BETWEEN ? AND ? LIMIT ${FLOWS_PER_STEP})`
    return (connection.prepare(sql).pluck().get(first, last) as number) < FLOWS_PER_STEP
  })
}

/** Finds the last flow that the step looks at; null when it comes to the end. */
function endOfStep(
  connection: Connection,
  query: FlowQuery,
  ways: readonly Way[],
): Position<number> | null {
  const ends = ways.flatMap(({ index, narrow }) => {
    const where = narrow(windowOf(query))
    const sql = `SELECT start_us AS time, row AS tie FROM flows INDEXED BY ${index} ${where.sql}
      ${NEWEST_FIRST} LIMIT 1 OFFSET ${FLOWS_PER_STEP - 1}`
    return connection.prepare(sql).all(...where.values) as Position<number>[]
  })
  // The newest end of all, so that no way is looked at more closely than another.
  return ends.sort((one, other) => other.time - one.time || other.tie - one.tie)[0] ?? null
}

function rowsOf(
  connection: Connection,
  query: FlowQuery,
  ways: readonly Way[],
  end: Position<number> | null,
): FlowRow[] {
  const count = query.limit + 1
  const parts = ways.map(({ index, narrow }) => {
    const where = narrow(windowOf(query))
    if (end !== null) where.and('(start_us, row) >= (?, ?)', end.time, end.tie)
    andFilters(where, query)
    const sql = `SELECT * FROM (SELECT * FROM flows INDEXED BY ${index} ${where.sql}
      ${NEWEST_FIRST} LIMIT ${count})`
    return { sql, values: where.values }
  })
  // UNION, not UNION ALL: a flow from an address to itself lies on both ways.
  const sql = `${parts.map((part) => part.sql).join(' UNION ')} ${NEWEST_FIRST} LIMIT ${count}`
  return connection.prepare(sql).all(...parts.flatMap((part) => part.values)) as FlowRow[]
}

/** Bounds the walk: what an index alone can tell. */
function windowOf(query: FlowQuery): Where {
  const where = new Where()
  if (query.cursor !== undefined) {
    const { time, tie } = decodeRowCursor('flows', query.cursor)
    where.and('(start_us, row) < (?, ?)', time, tie)
  }
  if (query.fromUs !== undefined) where.and('start_us >= ?', query.fromUs - LONGEST_FLOW_US)
  if (query.toUs !== undefined) where.and('start_us < ?', query.toUs)
  return where
}

function andFilters(where: Where, query: FlowQuery): void {
  if (query.fromUs !== undefined) where.and('end_us >= ?', query.fromUs)
  if (query.address !== undefined) {
    const { first, last } = keyRange(query.address)
    const either = '(originator BETWEEN ? AND ? OR responder BETWEEN ? AND ?)'
    where.and(either, first, last, first, last)
  }
  if (query.port !== undefined) {
    where.and('(originator_port = ? OR responder_port = ?)', query.port, query.port)
  }
  if (query.protocol !== undefined) where.and('protocol = ?', query.protocol)
  if (query.communityId !== undefined) {
    where.and('community_id = ?', packCommunityId(query.communityId))
  }
}
