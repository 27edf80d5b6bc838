/** Reads what sinks still have to get. */
import type { Event } from '../event.ts'
import type { Outbox, SinkBook, SinkProgress, SinkReplay } from '../logs/outbox.ts'
import type { Book } from '../write/calls.ts'
import type { ReadConnection } from '../sqlite/live-connection.ts'

interface StateRow {
  readonly body: string
  readonly recordedAtMs: number
}

type Written = 'count' | 'advance' | 'orderReplay' | 'advanceReplay'
type Reading = Omit<Outbox, Written>

const POSITIONS = { events: 'sink_positions', flows: 'flow_positions' }

/** Reads how far sinks have got with rows of one kind. */
export function bookReader(
  connection: ReadConnection,
  book: Book,
): Pick<SinkBook, 'position' | 'progress' | 'replays'> {
  const selectProgress = connection.prepare(
    `SELECT sequence AS position, last_sent AS lastSent, lost, replaced
     FROM ${POSITIONS[book]} WHERE sink = ?`,
  )
  const selectReplays = connection.prepare(
    `SELECT id, sink, from_sequence AS fromSequence, to_sequence AS toSequence, position,
       ordered_at_ms AS orderedAtMs
     FROM sink_replays WHERE sink = ? AND of_flows = ${book === 'flows' ? 1 : 0} ORDER BY id`,
  )
  const progress = (sink: string): SinkProgress | null =>
    (selectProgress.get(sink) as SinkProgress | undefined) ?? null
  return {
    position: (sink) => progress(sink)?.position ?? null,
    progress,
    replays: (sink) => selectReplays.all(sink) as SinkReplay[],
  }
}

/** The reading half of the outbox. */
export function outboxReader(connection: ReadConnection): Reading {
  const selectAfter = connection.prepare(
    `SELECT body, recorded_at_ms AS recordedAtMs FROM event_revisions
     WHERE sequence > ? ORDER BY sequence LIMIT ?`,
  )
  const after = (sequence: number, limit: number): StateRow[] =>
    selectAfter.all(sequence, limit) as StateRow[]
  return {
    ...bookReader(connection, 'events'),
    after: (sequence, limit) => after(sequence, limit).map(({ body }) => JSON.parse(body) as Event),
    statesAfter: (sequence, limit) =>
      after(sequence, limit).map(({ body, recordedAtMs }) => {
        return { event: JSON.parse(body) as Event, recordedAtMs }
      }),
    firstSince: (timeMs) => firstSince(connection, timeMs),
  }
}

/** Halves the numbers until the first is found, since no index by time is worth its writing. */
function firstSince(connection: ReadConnection, timeMs: number): number {
  const newest = connection
    .prepare("SELECT seq FROM sqlite_sequence WHERE name = 'event_revisions'")
    .pluck()
  const nextFrom = connection.prepare(
    `SELECT sequence, recorded_at_ms AS recordedAtMs FROM event_revisions
     WHERE sequence >= ? ORDER BY sequence LIMIT 1`,
  )
  let [low, high] = [1, ((newest.get() as number | undefined) ?? 0) + 1]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const state = nextFrom.get(middle) as { sequence: number; recordedAtMs: number } | undefined
    if (state === undefined || state.recordedAtMs >= timeMs) high = middle
    else low = state.sequence + 1
  }
  return low
}

/** Counts the states of a range of numbers, both ends included. */
export function countStates(
  connection: ReadConnection,
  { from, to }: { readonly from: number; readonly to: number },
): number {
  return connection
    .prepare('SELECT count(*) FROM event_revisions WHERE sequence BETWEEN ? AND ?')
    .pluck()
    .get(from, to) as number
}
