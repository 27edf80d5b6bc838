/** Deletes what is too old, in steps small enough never to hold up an event. */
import { inTransaction, type Connection } from '../sqlite/connection.ts'
import type { PruneLimits } from './calls.ts'

const FLOW_BATCHES_PER_STEP = 16
const EVENTS_PER_STEP = 200
const STATES_PER_STEP = 1000

/**
 * Prepares retention; the function takes one step and says whether there may be more to do.
 *
 * Audit rows, blocks, tokens, verdicts and suppressions are kept for good.
 */
export function pruner(connection: Connection): (limits: PruneLimits) => boolean {
  // Batches lie in the order they were recorded, so the oldest are the first rows and need no index.
  const deleteFlows = connection.prepare(
    `DELETE FROM flow_batches WHERE first_flow IN (SELECT first_flow FROM
       (SELECT first_flow, recorded_at_s FROM flow_batches
        ORDER BY first_flow LIMIT ${FLOW_BATCHES_PER_STEP})
     WHERE recorded_at_s < ?)`,
  )
  const deleteStates = replacedStateDeleter(connection)
  const deleteEvents = eventDeleter(connection)
  return (limits) =>
    inTransaction(connection, 'NORMAL', () => {
      const flows = deleteFlows.run(Math.floor(limits.flowsBeforeMs / 1000)).changes
      const states = deleteStates(limits.replacedStatesBeforeMs)
      const events = deleteEvents(limits.eventsBeforeMs)
      return flows + states + events > 0
    })
}

interface OldState {
  readonly sequence: number
  readonly recorded_at_ms: number
  readonly is_current: number
}

/**
 * The newest state of an event stays as long as the event: a sink that was away for long still gets every
 * event, only not each of its old states. The walk goes on where it ended; a restart begins it anew.
 */
function replacedStateDeleter(connection: Connection): (beforeMs: number) => number {
  const select = connection.prepare(
    `SELECT sequence, recorded_at_ms, EXISTS
       (SELECT 1 FROM events WHERE id = state.event_id AND sequence = state.sequence) AS is_current
     FROM event_revisions AS state WHERE sequence > ? ORDER BY sequence LIMIT ${STATES_PER_STEP}`,
  )
  const remove = connection.prepare('DELETE FROM event_revisions WHERE sequence = ?')
  let judged = 0
  return (beforeMs) => {
    const states = select.all(judged) as OldState[]
    const old = states.filter((state) => state.recorded_at_ms < beforeMs)
    for (const state of old) {
      if (state.is_current === 0) remove.run(state.sequence)
      judged = state.sequence
    }
    return old.length
  }
}

function eventDeleter(connection: Connection): (beforeMs: number) => number {
  const select = connection
    .prepare(
      `SELECT row FROM events WHERE recorded_at_ms < ?
       ORDER BY recorded_at_ms LIMIT ${EVENTS_PER_STEP}`,
    )
    .pluck()
  const removals = [
    `DELETE FROM incidents WHERE id = (SELECT incident FROM events WHERE row = ?)
       AND (SELECT count(*) FROM events WHERE incident = incidents.id) = 1`,
    'DELETE FROM evidence WHERE event_id = (SELECT id FROM events WHERE row = ?)',
    'DELETE FROM event_participants WHERE event_row = ?',
    'DELETE FROM event_revisions WHERE sequence = (SELECT sequence FROM events WHERE row = ?)',
    'DELETE FROM events WHERE row = ?',
  ].map((sql) => connection.prepare(sql))
  return (beforeMs) => {
    const rows = select.all(beforeMs) as number[]
    for (const row of rows) for (const removal of removals) removal.run(row)
    return rows.length
  }
}
