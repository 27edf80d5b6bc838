/** Writes event states: the event as it stands, who takes part, and the state the sinks have to get. */
import { usFromRfc3339 } from '../../../core/clock.ts'
import type { Event } from '../../event.ts'
import type { Story } from '../../logs/event-log.ts'
import { partyOf } from '../../fold/incident-book.ts'
import { inTransaction, type Connection } from '../../sqlite/connection.ts'
import { decisionAuditor, type DecisionBefore } from './audit-decisions.ts'
import type { SavedState, WriterCalls } from '../calls.ts'
import { participantSaver } from './participants.ts'
import type { DiskRoom } from '../room/disk-room.ts'

interface KnownEvent {
  readonly row: number
  readonly sequence: number
  readonly revision: number
  readonly verdict: Event['verdict']
  readonly simulated: 0 | 1
}

/**
 * Prepares the writing of event states; the function saves one batch, all of it or nothing.
 *
 * The sequence is read inside the transaction that uses it, so two processes never give the same one, and
 * what is rolled back leaves no gap.
 */
export function eventSaver(
  connection: Connection,
  room: DiskRoom,
): (input: WriterCalls['saveEvents']['input']) => WriterCalls['saveEvents']['output'] {
  const selectKnown = connection.prepare(
    `SELECT row, sequence, revision, verdict, body ->> '$.simulated' AS simulated
     FROM events WHERE id = ?`,
  )
  const selectSequence = connection
    .prepare("SELECT seq FROM sqlite_sequence WHERE name = 'event_revisions'")
    .pluck()
  const insertState = connection.prepare(
    `INSERT INTO event_revisions (sequence, event_id, revision, recorded_at_ms, body)
     VALUES (@sequence, @id, @revision, @atMs, @body)`,
  )
  const upsertEvent = connection.prepare(UPSERT_EVENT).pluck()
  const saveParticipants = participantSaver(connection)
  const saveIncident = incidentSaver(connection)
  const auditDecision = decisionAuditor(connection)

  const saveOne = ({ key, event }: Story, forward: boolean, atMs: number): SavedState => {
    const known = selectKnown.get(event.id) as KnownEvent | undefined
    const newest = (selectSequence.get() as number | undefined) ?? 0
    const sequence = forward ? newest + 1 : (known?.sequence ?? 0)
    const revision = (known?.revision ?? 0) + 1
    const body = JSON.stringify({ ...event, sequence, revision } satisfies Event)
    if (forward) insertState.run({ sequence, id: event.id, revision, atMs, body })
    const columns = { ...indexedColumns(event), storyKey: key, sequence, revision, atMs, body }
    saveParticipants(upsertEvent.get(columns) as number, event)
    saveIncident(event)
    // What a replay would have decided changes nothing on this host.
    if (forward) auditDecision(event, known ? beforeOf(known) : null, atMs)
    return { sequence, revision }
  }

  return ({ stories, forward, atMs }) => {
    const takesNotable = room.takes('notable-events')
    const save = (story: Story): SavedState | null =>
      takesNotable || !isMerelyNotable(story.event) ? saveOne(story, forward, atMs) : null
    return inTransaction(connection, 'FULL', () => stories.map(save))
  }
}

/** What the agent says of itself must not be left unsaid, least of all that it leaves things out. */
const isMerelyNotable = ({ severity, family }: Event): boolean =>
  severity < 4 && family !== 'health'

const beforeOf = ({ verdict, simulated }: KnownEvent): DecisionBefore => ({
  verdict,
  simulated: simulated === 1,
})

/** Keeps an incident's span and severity at what its events have shown. */
function incidentSaver(connection: Connection): (event: Event) => void {
  const upsert = connection.prepare(
    `INSERT INTO incidents (id, party, role, first_seen_us, last_seen_us, severity)
     VALUES (@id, @party, @role, @firstSeenUs, @lastSeenUs, @severity)
     ON CONFLICT (id) DO UPDATE SET
       first_seen_us = min(first_seen_us, excluded.first_seen_us),
       last_seen_us = max(last_seen_us, excluded.last_seen_us),
       severity = max(severity, excluded.severity)`,
  )
  return (event) => {
    const party = partyOf(event)
    if (event.incident === null || party === null) return
    const { firstSeenUs, lastSeenUs, severity } = indexedColumns(event)
    upsert.run({ id: event.incident, ...party, firstSeenUs, lastSeenUs, severity })
  }
}

const UPSERT_EVENT = `
INSERT INTO events (id, story_key, sequence, revision, first_seen_us, last_seen_us, kind, family,
  severity, verdict, incident, recorded_at_ms, body)
VALUES (@id, @storyKey, @sequence, @revision, @firstSeenUs, @lastSeenUs, @kind, @family,
  @severity, @verdict, @incident, @atMs, @body)
ON CONFLICT (id) DO UPDATE SET story_key = excluded.story_key, sequence = excluded.sequence,
  revision = excluded.revision, first_seen_us = excluded.first_seen_us,
  last_seen_us = excluded.last_seen_us, kind = excluded.kind, family = excluded.family,
  severity = excluded.severity, verdict = excluded.verdict, incident = excluded.incident,
  recorded_at_ms = excluded.recorded_at_ms, body = excluded.body
RETURNING row`

function indexedColumns(event: Event): Readonly<Record<string, string | number | null>> {
  return {
    id: event.id,
    firstSeenUs: usFromRfc3339(event.firstSeen),
    lastSeenUs: usFromRfc3339(event.lastSeen),
    kind: event.kind,
    family: event.family,
    severity: event.severity,
    verdict: event.verdict,
    incident: event.incident,
  }
}
