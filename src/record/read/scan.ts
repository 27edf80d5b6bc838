/** Goes through the log from its beginning to its end, a part at a time. */
import { FlowBatch, flowTest, type Flow } from '../../flow/batch/index.ts'
import type { Event } from '../event.ts'
import type { LogScan, LogSpan, ScannedRows } from '../logs/log-scan.ts'
import { workError } from '../sqlite/connection.ts'
import type { ReadConnection } from '../sqlite/live-connection.ts'

const EVENTS_PER_PART = 500
const EVER = { fromUs: Number.MIN_SAFE_INTEGER, toUs: Number.MAX_SAFE_INTEGER }

/** The scanning half of the record. */
export function logScan(connection: ReadConnection): LogScan {
  return {
    flows: (span) => reading(scanFlows(connection, span)),
    events: (span) => reading(scanEvents(connection, span)),
  }
}

function* reading<Item>(items: Generator<Item>): Generator<Item> {
  try {
    yield* items
  } catch (cause) {
    throw workError('ERR_RECORD_READ', cause)
  }
}

interface BatchRow {
  readonly first_flow: number
  readonly flows: number
  readonly batch: Buffer
}

function* scanFlows(connection: ReadConnection, span: LogSpan): Generator<ScannedRows<Flow>> {
  const { fromUs, toUs } = { ...EVER, ...span }
  const isWanted = flowTest(span)
  // Small batches are joined as more come: one that begins before a flow may hold it.
  const selectHolder = connection
    .prepare('SELECT coalesce(max(first_flow), 0) FROM flow_batches WHERE first_flow <= ?')
    .pluck()
  const selectFrom = connection.prepare(
    `SELECT first_flow, flows, batch FROM flow_batches
     WHERE first_flow >= ? AND first_flow + flows > ? AND end_us >= ? AND start_us < ?
     ORDER BY first_flow LIMIT 1`,
  )
  const { first, end } = connection
    .prepare(
      `SELECT coalesce(min(first_flow), 0) AS first, coalesce(max(first_flow + flows), 0) AS end
       FROM flow_batches`,
    )
    .get() as { first: number; end: number }
  let next = first
  while (next < end) {
    const holder = selectHolder.get(next) as number
    const row = selectFrom.get(holder, next, fromUs, toUs) as BatchRow | undefined
    if (row === undefined || row.first_flow >= end) return
    const batch = FlowBatch.from(row.batch)
    const rows: Flow[] = []
    for (let index = Math.max(0, next - row.first_flow); index < (batch?.length ?? 0); index += 1) {
      if (isWanted(batch!, index)) rows.push(batch!.flow(index))
    }
    next = row.first_flow + row.flows
    yield { rows, share: Math.min(1, (next - first) / (end - first)) }
  }
}

interface EventRow {
  readonly id: string
  readonly first_seen_us: number
  readonly body: string
}

function* scanEvents(connection: ReadConnection, span: LogSpan): Generator<ScannedRows<Event>> {
  const { fromUs, toUs } = { ...EVER, ...span }
  const { first, last } = connection
    .prepare('SELECT min(first_seen_us) AS first, max(first_seen_us) AS last FROM events')
    .get() as { first: number | null; last: number | null }
  if (first === null || last === null) return
  const select = connection.prepare(
    `SELECT id, first_seen_us, body FROM events INDEXED BY events_by_first_seen
     WHERE (first_seen_us, id) > (?, ?) AND first_seen_us <= ? AND first_seen_us < ? AND last_seen_us >= ?
     ORDER BY first_seen_us, id LIMIT ${EVENTS_PER_PART}`,
  )
  let [afterUs, afterId] = [first - 1, '']
  for (;;) {
    const found = select.all(afterUs, afterId, last, toUs, fromUs) as EventRow[]
    const end = found.at(-1)
    if (end === undefined) return
    ;[afterUs, afterId] = [end.first_seen_us, end.id]
    const share = last === first ? 1 : (afterUs - first) / (last - first)
    yield { rows: found.map(({ body }) => JSON.parse(body) as Event), share }
  }
}
