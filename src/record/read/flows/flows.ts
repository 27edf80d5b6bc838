/** Reads flows, newest first, by time, address, port, protocol and Community ID, in steps of bounded work. */
import {
  addressHash,
  FlowBatch,
  flowTest,
  holdsHash,
  type Flow,
  type FlowFilter,
} from '../../../flow/batch/index.ts'
import type { FlowQuery } from '../../logs/flow-log.ts'
import type { Page } from '../../logs/event-log.ts'
import type { Connection } from '../../sqlite/connection.ts'
import { decodeRowCursor, encodeCursor } from '../cursor.ts'
import { Where } from '../where.ts'

/** How many flows a step looks at: some 20 ms, however large the log. */
export const FLOWS_PER_STEP = 100_000
/** How many batches a step passes over because of the addresses in them. */
const BATCHES_PER_STEP = 2000

interface BatchRow {
  readonly first_flow: number
  readonly flows: number
  readonly start_us: number
  readonly end_us: number
  readonly address_hashes: Buffer
}

/**
 * Gives the flows of one step that fit the query. `nextCursor` is where the next step begins, which may find
 * none; only null is the end.
 *
 * Errors: `ERR_API_REQUEST` for a cursor that is not ours.
 */
export function stepFlows(connection: Connection, query: FlowQuery): Page<Flow> {
  const items: Flow[] = []
  const nextCursor = walkFlows(connection, query, (batch, index) => {
    if (items.length === query.limit) return false
    items.push(batch.flow(index))
    return true
  })
  return { items, nextCursor }
}

/**
 * Walks back over the flows of one step that fit; gives where the next step begins, null at the end.
 *
 * `visit` ends the step by false; the next then begins with the flow it was called for.
 */
export function walkFlows(
  connection: Connection,
  query: Omit<FlowQuery, 'limit'>,
  visit: (batch: FlowBatch, index: number) => boolean,
): string | null {
  const before = query.cursor === undefined ? null : decodeRowCursor('flows', query.cursor).tie
  const mayHold = batchTest(query)
  const testOf = batchFlowTests(query)
  const read = connection.prepare('SELECT batch FROM flow_batches WHERE first_flow = ?').pluck()
  let lookedAt = 0
  let passed = 0
  for (const row of batchesBefore(connection, query, before)) {
    const { first_flow: first } = row
    if (lookedAt >= FLOWS_PER_STEP || passed >= BATCHES_PER_STEP) {
      return cursorBefore(first + row.flows)
    }
    passed += 1
    if (!mayHold(row)) continue
    const batch = FlowBatch.from(read.get(first) as Buffer)
    if (batch === null) continue
    lookedAt += batch.length
    const isWanted = testOf(row)
    const end = before === null ? batch.length : Math.min(batch.length, before - first)
    for (let index = end - 1; index >= 0; index -= 1) {
      if (isWanted(batch, index) && !visit(batch, index)) return cursorBefore(first + index + 1)
    }
  }
  return null
}

/** The test for the flows of a batch: one whose flows all lie in the span is spared the look at each one's times. */
function batchFlowTests(query: FlowFilter): (row: BatchRow) => ReturnType<typeof flowTest> {
  const { fromUs = -Infinity, toUs = Infinity } = query
  const whole = flowTest(query)
  const timeless = flowTest({ ...query, fromUs: undefined, toUs: undefined })
  // A flow of the batch may have ended as early as the first of them began.
  return ({ start_us, end_us }) => (start_us >= fromUs && end_us < toUs ? timeless : whole)
}

/** The cursor is the number of the flow before which the next step begins. */
const cursorBefore = (flow: number): string => encodeCursor('flows', { time: 0, tie: flow })

/** Walks back through the batches whose span of time fits, without reading their flows. */
function batchesBefore(
  connection: Connection,
  { fromUs, toUs }: Pick<FlowQuery, 'fromUs' | 'toUs'>,
  before: number | null,
): IterableIterator<BatchRow> {
  const where = new Where()
  if (before !== null) where.and('first_flow < ?', before)
  if (fromUs !== undefined) where.and('end_us >= ?', fromUs)
  if (toUs !== undefined) where.and('start_us < ?', toUs)
  const sql = `SELECT first_flow, flows, start_us, end_us, address_hashes FROM flow_batches ${where.sql}
    ORDER BY first_flow DESC LIMIT ${BATCHES_PER_STEP + 1}`
  return connection.prepare(sql).iterate(...where.values) as IterableIterator<BatchRow>
}

/** Tells by the addresses in it whether a batch may hold what is asked for; ranges cannot be told so. */
function batchTest({ address }: Pick<FlowQuery, 'address'>): (row: BatchRow) => boolean {
  const isSingle =
    address !== undefined && address.prefix === (address.network.family === 4 ? 32 : 128)
  if (!isSingle) return () => true
  const hash = addressHash(address.network)
  return ({ address_hashes: { buffer, byteOffset, byteLength } }) => {
    const aligned = byteOffset % 4 === 0 ? byteOffset : 0
    const source =
      aligned === byteOffset ? buffer : buffer.slice(byteOffset, byteOffset + byteLength)
    return holdsHash(new Uint32Array(source, aligned, byteLength / 4), hash)
  }
}
