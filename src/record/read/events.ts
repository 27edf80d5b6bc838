/** Reads events: pages, single ones, and the stories that may still go on. */
import type { Cidr } from '../../net/cidr.ts'
import type { Event } from '../event.ts'
import type { EventLog, EventQuery, Page } from '../event-log.ts'
import { keyRange } from '../sqlite/address-key.ts'
import type { Connection } from '../sqlite/connection.ts'
import { decodeIdCursor, encodeCursor } from './cursor.ts'
import { Where } from './where.ts'

interface ListedRow {
  readonly id: string
  readonly first_seen_us: number
  readonly body: string
}

/** The reading half of the event log. */
export function eventReader(connection: Connection): Omit<EventLog, 'save'> {
  const selectOne = connection.prepare('SELECT body FROM events WHERE id = ?').pluck()
  const selectSince = connection.prepare(
    'SELECT story_key, body FROM events WHERE last_seen_us >= ? ORDER BY last_seen_us',
  )
  const selectSequence = connection
    .prepare("SELECT seq FROM sqlite_sequence WHERE name = 'event_revisions'")
    .pluck()
  return {
    list: (query) => listEvents(connection, query),
    get: (id) => {
      const body = selectOne.get(id.toLowerCase()) as string | undefined
      return body === undefined ? null : (JSON.parse(body) as Event)
    },
    storiesSince: (lastSeenUs) => {
      const rows = selectSince.all(lastSeenUs) as { story_key: string; body: string }[]
      return rows.map((row) => ({ key: row.story_key, event: JSON.parse(row.body) as Event }))
    },
    lastSequence: () => (selectSequence.get() as number | undefined) ?? 0,
  }
}

function listEvents(connection: Connection, query: EventQuery): Page<Event> {
  const where = conditionsOf(query)
  const sql = `SELECT id, first_seen_us, body FROM events ${where.sql}
    ORDER BY first_seen_us DESC, id DESC LIMIT ?`
  const found = connection.prepare(sql).all(...where.values, query.limit + 1) as ListedRow[]
  const rows = found.slice(0, query.limit)
  const last = rows.at(-1)
  return {
    items: rows.map((row) => JSON.parse(row.body) as Event),
    nextCursor:
      last === undefined || found.length <= query.limit
        ? null
        : encodeCursor('events', { time: last.first_seen_us, tie: last.id }),
  }
}

function conditionsOf(query: EventQuery): Where {
  const where = new Where()
  if (query.cursor !== undefined) {
    const { time, tie } = decodeIdCursor('events', query.cursor)
    where.and('(first_seen_us, id) < (?, ?)', time, tie)
  }
  if (query.fromUs !== undefined) where.and('last_seen_us >= ?', query.fromUs)
  if (query.toUs !== undefined) where.and('first_seen_us < ?', query.toUs)
  if (query.kind !== undefined) {
    // `/` is the character after `.`, so this is the range of kinds that begin with `kind.`.
    where.and(
      '(kind = ? OR (kind > ? AND kind < ?))',
      query.kind,
      `${query.kind}.`,
      `${query.kind}/`,
    )
  }
  if (query.family !== undefined) where.and('family = ?', query.family)
  if (query.verdict !== undefined) where.and('verdict = ?', query.verdict)
  if (query.minSeverity !== undefined) where.and('severity >= ?', query.minSeverity)
  if (query.attacker !== undefined) andParticipant(where, query.attacker, "AND role = 'attacker'")
  if (query.address !== undefined) andParticipant(where, query.address, '')
  return where
}

function andParticipant(where: Where, cidr: Cidr, role: string): void {
  const { first, last } = keyRange(cidr)
  where.and(
    `row IN (SELECT event_row FROM event_participants WHERE address BETWEEN ? AND ? ${role})`,
    first,
    last,
  )
}
