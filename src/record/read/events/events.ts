/** Reads events: pages in steps of bounded work, single ones, and the stories that may still go on. */
import type { Cidr } from '../../../net/cidr.ts'
import type { Event } from '../../event.ts'
import type { EventLog, EventQuery, Page } from '../../logs/event-log.ts'
import { keyRange } from '../../sqlite/address-key.ts'
import type { ReadConnection } from '../../sqlite/live-connection.ts'
import { decodeIdCursor, encodeCursor, type Position } from '../cursor.ts'
import { Where } from '../where.ts'

/** How many events a step looks at: some 20 ms. An address with fewer events than this is rare. */
export const EVENTS_PER_STEP = 10_000

/** All that is told of an event, without the names of its fields; put together once, however many words are looked for. */
const TOLD = `(SELECT group_concat(atom, ' ') AS told FROM json_tree(body) WHERE atom IS NOT NULL)`

interface ListedRow {
  readonly id: string
  readonly first_seen_us: number
  readonly body: string
}

/** The reading half of the event log. */
export function eventReader(connection: ReadConnection): Omit<EventLog, 'save' | 'list'> {
  const selectOne = connection.prepare('SELECT body FROM events WHERE id = ?').pluck()
  const selectSince = connection.prepare(
    'SELECT story_key, body FROM events WHERE last_seen_us >= ? ORDER BY last_seen_us',
  )
  const selectSequence = connection
    .prepare("SELECT seq FROM sqlite_sequence WHERE name = 'event_revisions'")
    .pluck()
  return {
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

/**
 * Gives the events of one step that fit the query. `nextCursor` is where the next step begins, which may find
 * none; only null is the end.
 *
 * Errors: `ERR_API_REQUEST` for a cursor that is not ours.
 */
export function stepEvents(connection: ReadConnection, query: EventQuery): Page<Event> {
  const participants = participantsOf(query)
  const rare = participants.find((one) => isRare(connection, one))
  // Few are quickly looked up and sorted; everything else is found by walking back in time.
  const end = rare === undefined ? endOfStep(connection, query) : null
  const where = windowOf(query)
  const { listing, upTo, order } = directionOf(query)
  if (end !== null) where.and(`(first_seen_us, id) ${upTo} (?, ?)`, end.time, end.tie)
  andFilters(where, query)
  for (const one of participants) {
    if (one === rare) andIn(where, one)
    else andExists(where, one)
  }
  const sql = `SELECT id, first_seen_us, body FROM events
    ${rare === undefined ? 'INDEXED BY events_by_first_seen' : ''} ${where.sql}
    ORDER BY first_seen_us ${order}, id ${order} LIMIT ?`
  const found = connection.prepare(sql).all(...where.values, query.limit + 1) as ListedRow[]
  const rows = found.slice(0, query.limit)
  const last = rows.at(-1)
  const isFull = found.length > rows.length && last !== undefined
  const stop = isFull ? { time: last.first_seen_us, tie: last.id } : end
  return {
    items: rows.map((row) => JSON.parse(row.body) as Event),
    nextCursor: stop === null ? null : encodeCursor(listing, stop),
  }
}

/** Which way a listing goes; a cursor of one way is none of the other. */
function directionOf({ order }: EventQuery) {
  return order === 'oldest'
    ? ({ listing: 'events-oldest', after: '>', upTo: '<=', order: 'ASC' } as const)
    : ({ listing: 'events', after: '<', upTo: '>=', order: 'DESC' } as const)
}

/** Finds the last event that the step looks at; null when it comes to the end. */
function endOfStep(connection: ReadConnection, query: EventQuery): Position<string> | null {
  const where = windowOf(query)
  const { order } = directionOf(query)
  const sql = `SELECT first_seen_us AS time, id AS tie FROM events INDEXED BY events_by_first_seen
    ${where.sql} ORDER BY first_seen_us ${order}, id ${order} LIMIT 1 OFFSET ${EVENTS_PER_STEP - 1}`
  return (connection.prepare(sql).get(...where.values) as Position<string> | undefined) ?? null
}

/** Bounds the walk: what the index alone can tell. */
function windowOf(query: EventQuery): Where {
  const where = new Where()
  if (query.cursor !== undefined) {
    const { listing, after } = directionOf(query)
    const { time, tie } = decodeIdCursor(listing, query.cursor)
    where.and(`(first_seen_us, id) ${after} (?, ?)`, time, tie)
  }
  if (query.toUs !== undefined) where.and('first_seen_us < ?', query.toUs)
  return where
}

function andFilters(where: Where, query: EventQuery): void {
  if (query.fromUs !== undefined) where.and('last_seen_us >= ?', query.fromUs)
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
  if (query.incident !== undefined) where.and('incident = ?', query.incident)
  if (query.verdict !== undefined) where.and('verdict = ?', query.verdict)
  if (query.minSeverity !== undefined) where.and('severity >= ?', query.minSeverity)
  andWords(where, new Set(query.text?.split(/\s+/).filter((one) => one !== '')))
}

function andWords(where: Where, words: ReadonlySet<string>): void {
  if (words.size === 0) return
  const like = Array.from(words, () => `told LIKE ? ESCAPE '\\'`).join(' AND ')
  const patterns = Array.from(words, (word) => `%${word.replaceAll(/[\\%_]/g, '\\$&')}%`)
  where.and(`EXISTS (SELECT 1 FROM ${TOLD} WHERE ${like})`, ...patterns)
}

/** A condition on who takes part in an event. */
interface Participant {
  readonly sql: string
  readonly values: readonly unknown[]
}

function participantsOf({ attacker, address }: EventQuery): readonly Participant[] {
  const within = (cidr: Cidr, role: string): Participant => {
    const { first, last } = keyRange(cidr)
    return { sql: `address BETWEEN ? AND ? ${role}`, values: [first, last] }
  }
  return [
    ...(attacker === undefined ? [] : [within(attacker, "AND role = 'attacker'")]),
    ...(address === undefined ? [] : [within(address, '')]),
  ]
}

function isRare(connection: ReadConnection, { values }: Participant): boolean {
  const sql = `SELECT count(*) FROM (SELECT 1 FROM event_participants
    WHERE address BETWEEN ? AND ? LIMIT ${EVENTS_PER_STEP})`
  return (
    (connection
      .prepare(sql)
      .pluck()
      .get(...values) as number) < EVENTS_PER_STEP
  )
}

function andIn(where: Where, { sql, values }: Participant): void {
  where.and(`row IN (SELECT event_row FROM event_participants WHERE ${sql})`, ...values)
}

function andExists(where: Where, { sql, values }: Participant): void {
  const participants = 'event_participants INDEXED BY event_participants_by_event'
  where.and(
    `EXISTS (SELECT 1 FROM ${participants} WHERE event_row = events.row AND ${sql})`,
    ...values,
  )
}
