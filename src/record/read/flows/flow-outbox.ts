/** Reads the flows that sinks still have to get. */
import { FlowBatch } from '../../../flow/batch/index.ts'
import type { FlowOutbox, NumberedFlow } from '../../logs/outbox.ts'
import type { ReadConnection } from '../../sqlite/live-connection.ts'
import { countLive, replayedWithin } from '../../sqlite/replayed-flows.ts'
import { bookReader } from '../outbox.ts'

interface BatchRow {
  readonly first: number
  readonly flows: number
  readonly recordedAtS: number
  readonly batch: Buffer
}

const EVERY = { first: 0, last: Number.MAX_SAFE_INTEGER }

/** The reading half of the outbox of flows. */
export function flowOutboxReader(
  connection: ReadConnection,
): Omit<FlowOutbox, 'advance' | 'orderReplay' | 'advanceReplay'> {
  const flowsFrom = flowReader(connection)
  const replayed = replayedWithin(connection)
  const selectNext = connection.prepare('SELECT next FROM flow_numbers').pluck()
  const selectSince = connection
    .prepare(
      'SELECT first_flow FROM flow_batches WHERE recorded_at_s >= ? ORDER BY first_flow LIMIT 1',
    )
    .pluck()
  const selectWithin = connection.prepare(
    `SELECT first_flow AS first, first_flow + flows - 1 AS last FROM flow_batches
     WHERE first_flow <= ? AND first_flow + flows > ? ORDER BY first_flow`,
  )
  return {
    ...bookReader(connection, 'flows'),
    flowsAfter: (number, limit) => {
      const flows: NumberedFlow[] = []
      for (let next = number; flows.length < limit; next = flows.at(-1)!.number) {
        const more = flowsFrom(next + 1, limit - flows.length)
        if (more.length === 0) break
        flows.push(...more)
      }
      return flows
    },
    lastNumber: () => {
      const newest = (selectNext.get() as number) - 1
      const last = replayed({ first: newest, last: newest })[0]
      return last === undefined ? newest : last.first - 1
    },
    firstSince: (timeMs) =>
      (selectSince.get(Math.floor(timeMs / 1000)) as number | undefined) ??
      (selectNext.get() as number),
    count: (from, to) => {
      let count = 0
      for (const one of selectWithin.iterate(to, from) as Iterable<typeof EVERY>) {
        const range = { first: Math.max(from, one.first), last: Math.min(to, one.last) }
        count += countLive(range, replayed(range))
      }
      return Promise.resolve(count)
    },
  }
}

/** Prepares the reading of live flows from a number on, those of one batch at a time. */
function flowReader(
  connection: ReadConnection,
): (number: number, limit: number) => readonly NumberedFlow[] {
  const columns = 'first_flow AS first, flows, recorded_at_s AS recordedAtS, batch'
  // The batch that holds the number, by the key; where it was deleted, the first that is left behind it.
  const selectHolder = connection.prepare(
    `SELECT ${columns} FROM flow_batches
     WHERE first_flow = (SELECT max(first_flow) FROM flow_batches WHERE first_flow <= @number)
       AND first_flow + flows > @number`,
  )
  const selectBehind = connection.prepare(
    `SELECT ${columns} FROM flow_batches WHERE first_flow > @number ORDER BY first_flow LIMIT 1`,
  )
  const replayed = replayedWithin(connection)
  return (number, limit) => {
    let next = number
    for (;;) {
      const row = (selectHolder.get({ number: next }) ?? selectBehind.get({ number: next })) as
        BatchRow | undefined
      if (row === undefined) return []
      next = Math.max(next, row.first)
      const passedOver = replayed({ first: next, last: next })[0]
      if (passedOver !== undefined) {
        next = passedOver.last + 1
        continue
      }
      const end = replayed({ ...EVERY, first: next })[0]?.first ?? Infinity
      const flows = flowsOf(row, next, Math.min(end, next + limit))
      if (flows.length > 0) return flows
      // Not a batch that can be read: what is behind it still can.
      next = row.first + row.flows
    }
  }
}

function flowsOf(row: BatchRow, from: number, end: number): NumberedFlow[] {
  const batch = FlowBatch.from(row.batch)
  if (batch === null) return []
  const flows: NumberedFlow[] = []
  for (let number = from; number < Math.min(end, row.first + batch.length); number += 1) {
    const flow = batch.flow(number - row.first)
    flows.push({ number, flow, recordedAtMs: row.recordedAtS * 1000 })
  }
  return flows
}
