/** Reads flows, newest first, by time, address, port, protocol and Community ID. */
import type { Cidr } from '../../net/cidr.ts'
import type { Flow } from '../../flow/flow.ts'
import type { FlowQuery } from '../flow-log.ts'
import type { Page } from '../event-log.ts'
import { keyRange, type KeyRange } from '../sqlite/address-key.ts'
import type { Connection } from '../sqlite/connection.ts'
import { flowOfRow, packCommunityId, type FlowRow } from '../sqlite/flow-row.ts'
import { decodeRowCursor, encodeCursor } from './cursor.ts'
import { Where } from './where.ts'

/**
 * No flow is longer than the longest active timeout that may be configured (a day), so flows that ended
 * after a time began at most so long before it: what turns `fromUs` into a range of the start index.
 */
const LONGEST_FLOW_US = 25 * 3600 * 1e6

/**
 * How many of the newest flows are looked through one by one before the address indexes are asked. A range
 * that is common among them (one's own LAN) fills its page here at once; sorting all its flows would take
 * seconds. A range that is rare is what the indexes are quick for.
 */
const PROBED_FLOWS = 20_000

/** Gives one page of flows. Errors: `ERR_API_REQUEST` for a cursor that is not ours. */
export function listFlows(connection: Connection, query: FlowQuery): Page<Flow> {
  const { address } = query
  const rows =
    address === undefined ? scan(connection, query) : ofAddress(connection, query, address)
  const page = rows.slice(0, query.limit)
  const last = page.at(-1)
  return {
    items: page.map(flowOfRow),
    nextCursor:
      last === undefined || rows.length <= query.limit
        ? null
        : encodeCursor('flows', { time: last.start_us as number, tie: last.row }),
  }
}

function scan(connection: Connection, query: FlowQuery): FlowRow[] {
  const where = windowOf(query)
  andFilters(where, query)
  const sql = `SELECT * FROM flows ${where.sql} ORDER BY start_us DESC, row DESC LIMIT ?`
  return connection.prepare(sql).all(...where.values, query.limit + 1) as FlowRow[]
}

function ofAddress(connection: Connection, query: FlowQuery, address: Cidr): FlowRow[] {
  const range = keyRange(address)
  const probed = range.first.equals(range.last) ? [] : probe(connection, query, range)
  if (probed.length > query.limit) return probed
  const [originator, responder] = [oneSide('originator'), oneSide('responder')]
  const sql = `${originator.sql} UNION ${responder.sql} ORDER BY start_us DESC, row DESC LIMIT ?`
  const values = [...originator.values, ...responder.values, query.limit + 1]
  return connection.prepare(sql).all(...values) as FlowRow[]

  function oneSide(column: string): { readonly sql: string; readonly values: readonly unknown[] } {
    const where = windowOf(query)
    // `=` and not BETWEEN for one address: its flows then come out of the index in order, unsorted.
    if (range.first.equals(range.last)) where.and(`${column} = ?`, range.first)
    else where.and(`${column} BETWEEN ? AND ?`, range.first, range.last)
    andFilters(where, query)
    const sql = `SELECT * FROM (SELECT * FROM flows INDEXED BY flows_by_${column} ${where.sql}
      ORDER BY start_us DESC, row DESC LIMIT ${query.limit + 1})`
    return { sql, values: where.values }
  }
}

function probe(connection: Connection, query: FlowQuery, { first, last }: KeyRange): FlowRow[] {
  const window = windowOf(query)
  const where = new Where().and(
    '(originator BETWEEN ? AND ? OR responder BETWEEN ? AND ?)',
    first,
    last,
    first,
    last,
  )
  andFilters(where, query)
  const sql = `SELECT * FROM (SELECT * FROM flows ${window.sql}
      ORDER BY start_us DESC, row DESC LIMIT ${PROBED_FLOWS}) ${where.sql}
    ORDER BY start_us DESC, row DESC LIMIT ?`
  return connection
    .prepare(sql)
    .all(...window.values, ...where.values, query.limit + 1) as FlowRow[]
}

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
  if (query.port !== undefined) {
    where.and('(originator_port = ? OR responder_port = ?)', query.port, query.port)
  }
  if (query.protocol !== undefined) where.and('protocol = ?', query.protocol)
  if (query.communityId !== undefined) {
    where.and('community_id = ?', packCommunityId(query.communityId))
  }
}
