/** Reads verdicts, suppressions and incidents. */
import type { OpenIncident } from '../../fold/incident-book.ts'
import type { Page } from '../../logs/event-log.ts'
import type { ReadConnection } from '../../sqlite/live-connection.ts'
import type {
  Incident,
  IncidentQuery,
  Suppression,
  TriageLog,
  Verdict,
  VerdictCount,
} from '../../logs/triage-log.ts'
import { decodeIdCursor, encodeCursor } from '../cursor.ts'
import { incidentLinkReader } from './incident-links.ts'
import { Where } from '../where.ts'

const VERDICT = `event_id AS eventId, verdict, reason, detector, kind, given_by AS givenBy,
  given_at_ms AS givenAtMs`
const SUPPRESSION = `id, detector, kind, address, victim, port, process, reason, created_by AS createdBy,
  created_at_ms AS createdAtMs, expires_at_ms AS expiresAtMs, lifted_at_ms AS liftedAtMs, hidden,
  last_hidden_at_ms AS lastHiddenAtMs`
const INCIDENT = `id, party, role, first_seen_us AS firstSeenUs, last_seen_us AS lastSeenUs, severity`
const STANDING = 'lifted_at_ms IS NULL AND (expires_at_ms IS NULL OR expires_at_ms > ?)'

/** Some 20 ms, with what each followed and led to. */
const INCIDENTS_PER_STEP = 200

type IncidentRow = Omit<Incident, 'events' | 'kinds' | 'follows' | 'ledTo'>
type Reading = Omit<TriageLog, 'saveVerdict' | 'saveSuppression' | 'countHidden' | 'incidents'>

/** The reading half of the triage log. */
export function triageReader(connection: ReadConnection): Reading {
  const selectVerdict = connection.prepare(`SELECT ${VERDICT} FROM verdicts WHERE event_id = ?`)
  const selectVerdicts = connection.prepare(
    `SELECT ${VERDICT} FROM verdicts ORDER BY given_at_ms, event_id`,
  )
  const selectCounts = connection.prepare(
    `SELECT detector, kind, sum(verdict = 'true-positive') AS truePositives,
       sum(verdict = 'false-positive') AS falsePositives
     FROM verdicts GROUP BY detector, kind ORDER BY kind, detector`,
  )
  const selectEvents = connection.prepare(
    'SELECT kind, count(*) AS events FROM events GROUP BY kind ORDER BY kind',
  )
  const selectSuppression = connection.prepare(
    `SELECT ${SUPPRESSION} FROM suppressions WHERE id = ?`,
  )
  const selectIncident = connection.prepare(`SELECT ${INCIDENT} FROM incidents WHERE id = ?`)
  const selectOpen = connection.prepare(
    `SELECT id, party, last_seen_us AS lastUs FROM incidents
     WHERE last_seen_us >= ? ORDER BY last_seen_us DESC, id DESC LIMIT ?`,
  )
  const withEvents = eventsOfIncidents(connection)
  return {
    verdict: (eventId) => (selectVerdict.get(eventId.toLowerCase()) as Verdict | undefined) ?? null,
    verdicts: () => selectVerdicts.all() as Verdict[],
    verdictCounts: () => selectCounts.all() as VerdictCount[],
    eventCounts: () => {
      const rows = selectEvents.all() as { kind: string; events: number }[]
      return new Map(rows.map(({ kind, events }) => [kind, events]))
    },
    suppression: (id) =>
      (selectSuppression.get(id.toLowerCase()) as Suppression | undefined) ?? null,
    suppressions: ({ withEnded, nowMs }) => {
      const where = new Where()
      if (!withEnded) where.and(STANDING, nowMs)
      const sql = `SELECT ${SUPPRESSION} FROM suppressions ${where.sql}
        ORDER BY created_at_ms DESC, id DESC`
      return connection.prepare(sql).all(...where.values) as Suppression[]
    },
    incident: (id) => {
      const row = selectIncident.get(id.toLowerCase()) as IncidentRow | undefined
      return row === undefined ? null : withEvents(row)
    },
    openIncidents: (fromUs, limit) => selectOpen.all(fromUs, limit) as OpenIncident[],
  }
}

function eventsOfIncidents(connection: ReadConnection): (row: IncidentRow) => Incident {
  const select = connection.prepare(
    `SELECT kind, count(*) AS events FROM events WHERE incident = ?
     GROUP BY kind ORDER BY min(first_seen_us)`,
  )
  const links = incidentLinkReader(connection)
  return (row) => {
    const kinds = select.all(row.id) as { kind: string; events: number }[]
    const events = kinds.reduce((sum, one) => sum + one.events, 0)
    const linked = { follows: links.followed(row), ledTo: links.ledTo(row) }
    return { ...row, events, kinds: kinds.map(({ kind }) => kind), ...linked }
  }
}

/**
 * Gives the incidents of one step that fit the query; null as `nextCursor` is the end.
 *
 * Errors: `ERR_API_REQUEST` for a cursor that is not ours.
 */
export function stepIncidents(connection: ReadConnection, query: IncidentQuery): Page<Incident> {
  const limit = Math.min(query.limit, INCIDENTS_PER_STEP)
  const where = new Where()
  if (query.cursor !== undefined) {
    const { time, tie } = decodeIdCursor('incidents', query.cursor)
    where.and('(last_seen_us, id) < (?, ?)', time, tie)
  }
  if (query.minSeverity !== undefined) where.and('severity >= ?', query.minSeverity)
  if (query.fromUs !== undefined) where.and('last_seen_us >= ?', query.fromUs)
  if (query.party !== undefined) where.and('party = ?', query.party)
  const sql = `SELECT ${INCIDENT} FROM incidents ${where.sql}
    ORDER BY last_seen_us DESC, id DESC LIMIT ?`
  const found = connection.prepare(sql).all(...where.values, limit + 1) as IncidentRow[]
  const rows = found.slice(0, limit)
  const last = rows.at(-1)
  const hasMore = found.length > rows.length && last !== undefined
  return {
    items: rows.map(eventsOfIncidents(connection)),
    nextCursor: hasMore ? encodeCursor('incidents', { time: last.lastSeenUs, tie: last.id }) : null,
  }
}
