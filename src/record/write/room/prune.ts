/** Deletes what is too old or too much, in steps small enough never to hold up an event. */
import { inTransaction, type Connection } from '../../sqlite/connection.ts'
import type { PruneLimits } from '../calls.ts'
import { countLive, replayedWithin, type NumberRange } from '../../sqlite/replayed-flows.ts'
import type { DiskRoom } from './disk-room.ts'
import { fileShrinker } from './shrink-file.ts'

const FLOW_BATCHES_PER_STEP = 16
const EVENTS_PER_STEP = 200
const STATES_PER_STEP = 1000
/** What is kept free in the file on a disk that is nearly full, for new flows in place of old ones. */
const SPARE_BYTES_WANTED = 16 * 1024 * 1024

/**
 * Prepares retention; the function takes one step and says whether there may be more to do.
 *
 * What is too old goes, of each kind by its own limit. While rows take more than they may, the oldest flows go,
 * then evidence, then events, those of low severity first. Audit rows, blocks, tokens, verdicts and suppressions
 * are kept for good. What is then free in the file is given back to the disk, but for what the next rows take.
 */
export function pruner(connection: Connection, room: DiskRoom): (limits: PruneLimits) => boolean {
  const deleteFlows = flowDeleter(connection)
  const deleteStates = replacedStateDeleter(connection)
  const events = eventDeleter(connection)
  const deleteByWorth = shrinker(connection, events)
  const shrinkFile = fileShrinker(connection, room)
  const deleteStep = (limits: PruneLimits): boolean =>
    inTransaction(connection, 'NORMAL', () => {
      const flows = deleteFlows(flowsBefore(limits, room))
      const states = deleteStates(limits.replacedStatesBeforeMs)
      const old = events.deleteBefore(limits.eventsBeforeMs)
      if (flows + states + old > 0) return true
      return room.usedBytes > limits.maxBytes && deleteByWorth()
    })
  return (limits) => deleteStep(limits) || shrinkFile()
}

/** Flows recorded before this wall-clock time may go, ms. */
function flowsBefore(limits: PruneLimits, room: DiskRoom): number {
  if (room.usedBytes > limits.maxBytes) return Infinity
  const isCrowded = room.isTight && room.spareBytes < SPARE_BYTES_WANTED
  return isCrowded
    ? Math.max(limits.flowsBeforeMs, limits.flowsMakeRoomBeforeMs)
    : limits.flowsBeforeMs
}

/** Batches lie in the order they were recorded, so the oldest are the first rows and need no index. */
function flowDeleter(connection: Connection): (beforeMs: number) => number {
  const remove = connection.prepare(
    `DELETE FROM flow_batches WHERE first_flow IN (SELECT first_flow FROM
       (SELECT first_flow, recorded_at_s FROM flow_batches
        ORDER BY first_flow LIMIT ${FLOW_BATCHES_PER_STEP})
     WHERE recorded_at_s < ?)
     RETURNING first_flow AS first, first_flow + flows - 1 AS last`,
  )
  const countUnsent = unsentFlowCounter(connection)
  const most = Number.MAX_SAFE_INTEGER
  return (beforeMs) => {
    const gone = remove.all(Math.min(most, Math.floor(beforeMs / 1000))) as NumberRange[]
    gone.forEach(countUnsent)
    return gone.length
  }
}

interface FlowPosition {
  readonly sink: string
  readonly sequence: number
}

/** Counts what sinks did not get of a range of flows that is deleted. */
function unsentFlowCounter(connection: Connection): (gone: NumberRange) => void {
  const replayed = replayedWithin(connection)
  const selectBehind = connection.prepare(
    'SELECT sink, sequence FROM flow_positions WHERE sequence < ?',
  )
  const add = connection.prepare('UPDATE flow_positions SET lost = lost + ? WHERE sink = ?')
  const forget = connection.prepare('DELETE FROM replayed_flows WHERE first_flow + flows <= ?')
  return ({ first, last }) => {
    for (const { sink, sequence } of selectBehind.all(last) as FlowPosition[]) {
      const unsent = { first: Math.max(first, sequence + 1), last }
      add.run(countLive(unsent, replayed(unsent)), sink)
    }
    forget.run(first)
  }
}

/** Deletes by worth, whatever the age; called when no flow is left. Says whether there was anything. */
function shrinker(connection: Connection, events: EventDeleter): () => boolean {
  const deleteEvidence = connection.prepare(
    `DELETE FROM evidence WHERE rowid IN (SELECT rowid FROM evidence ORDER BY rowid LIMIT ${EVENTS_PER_STEP})`,
  )
  return () =>
    deleteEvidence.run().changes > 0 || events.deleteOldestMild() > 0 || events.deleteOldest() > 0
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

interface EventDeleter {
  /** Deletes events written last before this time. */
  deleteBefore(beforeMs: number): number
  /** Deletes the oldest events of a severity below 4. */
  deleteOldestMild(): number
  deleteOldest(): number
}

function eventDeleter(connection: Connection): EventDeleter {
  const oldest = `ORDER BY recorded_at_ms LIMIT ${EVENTS_PER_STEP}`
  const selectBefore = connection
    .prepare(`SELECT row FROM events WHERE recorded_at_ms < ? ${oldest}`)
    .pluck()
  // As its index says it: among many grave ones the mild are else looked for one by one.
  const selectMild = connection
    .prepare(`SELECT row FROM events WHERE severity < 4 ${oldest}`)
    .pluck()
  const selectOldest = connection.prepare(`SELECT row FROM events ${oldest}`).pluck()
  const removals = [
    `DELETE FROM incidents WHERE id = (SELECT incident FROM events WHERE row = ?)
       AND NOT EXISTS (SELECT 1 FROM events WHERE incident = incidents.id LIMIT 1 OFFSET 1)`,
    'DELETE FROM evidence WHERE event_id = (SELECT id FROM events WHERE row = ?)',
    'DELETE FROM event_participants WHERE event_row = ?',
    'DELETE FROM event_revisions WHERE sequence = (SELECT sequence FROM events WHERE row = ?)',
    'DELETE FROM events WHERE row = ?',
  ].map((sql) => connection.prepare(sql))
  const deleteRows = (rows: readonly number[]): number => {
    for (const row of rows) for (const removal of removals) removal.run(row)
    return rows.length
  }
  return {
    deleteBefore: (beforeMs) => deleteRows(selectBefore.all(beforeMs) as number[]),
    deleteOldestMild: () => deleteRows(selectMild.all() as number[]),
    deleteOldest: () => deleteRows(selectOldest.all() as number[]),
  }
}
