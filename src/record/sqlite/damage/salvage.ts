/** Carries what can be read of a damaged database over into the new one: what matters most first. */
import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Event } from '../../event.ts'
import { participantSaver } from '../../write/save/participants.ts'
import {
  inTransaction,
  meansDamage,
  sqliteCode,
  type Connection,
  type Statement,
} from '../connection.ts'
import { readableRows, type Row } from './damaged-rows.ts'
import type { OpenedDamage } from './open-damaged.ts'

/** In this order; an event's participants are made anew from it. Answers by idempotency key are let go. */
const TABLES = [
  ...[
    'tokens',
    'suppressions',
    'blocks',
    'allowlist',
    'fleet_orders',
    'fleet_positions',
    'audit',
    'sink_positions',
    'sink_replays',
    'verdicts',
  ],
  ...['rule_switches', 'flow_positions', 'replayed_flows'],
  ...['events', 'event_revisions', 'incidents', 'evidence', 'flow_batches'],
] as const
/** Tables whose numbers must never be given twice. */
const NUMBERED = ['audit', 'event_revisions']
/** Added to the highest number found, where the one given last cannot be read. */
const NUMBERS_SKIPPED = 1_000_000
const ROWS_PER_TRANSACTION = 2000
/** The host is unwatched meanwhile. What is not carried over by then stays in the file set aside. */
const SALVAGE_MS = 60_000

/** How many rows of each table were carried over. */
export type Salvaged = Readonly<Record<string, number>>

export interface SalvageOptions {
  /** Free space on the disk that is left alone. */
  readonly floorBytes: number
  readonly withinMs?: number
  /** The id of the agent that runs: it keeps it, whether it can be read or not. */
  readonly agentId?: string | undefined
}

/**
 * Fills `into`, which is empty but for its tables, from the damaged file (null where it could not be opened); gives an
 * empty record where nothing could be read.
 *
 * Rows keep their numbers and audit rows their hashes, so that what is missing among them shows.
 */
export function salvage(
  into: Connection,
  from: OpenedDamage | null,
  { floorBytes, withinMs = SALVAGE_MS, agentId }: SalvageOptions,
): Salvaged {
  if (from === null) {
    if (keepAgent(into, agentId)) for (const table of NUMBERED) skipNumbers(into, table)
    return {}
  }
  const until = performance.now() + withinMs
  const mayGoOn = (): boolean => performance.now() < until && freeBytes(into.name) > floorBytes
  try {
    const salvaged: Record<string, number> = {}
    const isSame = carryAgent(from.connection, into) || keepAgent(into, agentId)
    for (const table of TABLES) {
      const rows = carryTable(from.connection, into, table, mayGoOn)
      if (rows > 0) salvaged[table] = rows
    }
    if (isSame) for (const table of NUMBERED) keepNumbers(from.connection, into, table)
    keepFlowNumbers(from.connection, into)
    return salvaged
  } finally {
    from.close()
  }
}

/** An agent that keeps its id must go on with its numbers; one with a new id may begin anew. */
function carryAgent(from: Connection, into: Connection): boolean {
  for (const { id, created_at_ms: madeAtMs } of tableRows(from, 'agent', ['id', 'created_at_ms'])) {
    if (typeof id !== 'string' || !/^[0-9a-f-]{36}$/.test(id)) continue
    into.prepare('UPDATE agent SET id = ?, created_at_ms = ?').run(id, madeAtMs)
    return true
  }
  return false
}

function keepAgent(into: Connection, agentId: string | undefined): boolean {
  if (agentId !== undefined) into.prepare('UPDATE agent SET id = ?').run(agentId)
  return agentId !== undefined
}

function carryTable(
  from: Connection,
  into: Connection,
  table: string,
  mayGoOn: () => boolean,
): number {
  const columns = sharedColumns(from, into, table)
  if (columns.length === 0) return 0
  const names = ['rowid', ...columns]
  const insert = into.prepare(
    `INSERT OR IGNORE INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
  )
  const saveParticipants = participantSaver(into)
  const rows = tableRows(from, table, columns)
  let carried = 0
  for (let isMore = true; isMore;) {
    isMore = inTransaction(into, 'NORMAL', () => {
      for (let count = 0; count < ROWS_PER_TRANSACTION; count += 1) {
        const next = rows.next()
        if (next.done === true) return false
        const row = next.value
        const isTaken = carryRow(row, columns, insert)
        if (isTaken && table === 'events') saveParticipants(row.rowid_, eventOf(row))
        if (isTaken) carried += 1
      }
      return mayGoOn()
    })
  }
  return carried
}

/** A damaged page may read well and hold nonsense: the columns' types and JSON tell. */
function carryRow(row: Row, columns: readonly string[], insert: Statement): boolean {
  try {
    if (typeof row['body'] === 'string') JSON.parse(row['body'])
    return insert.run(row.rowid_, ...columns.map((name) => row[name])).changes > 0
  } catch (cause) {
    if (cause instanceof SyntaxError || sqliteCode(cause)?.startsWith('SQLITE_CONSTRAINT'))
      return false
    throw cause
  }
}

const eventOf = (row: Row): Event => JSON.parse(row['body'] as string) as Event

/** The rows of a table; none where the list of tables tells of none, or wrongly. */
function* tableRows(from: Connection, table: string, columns: readonly string[]): Generator<Row> {
  try {
    yield* readableRows(from, table, columns)
  } catch (cause) {
    if (!meansDamage(cause) && sqliteCode(cause) !== 'SQLITE_ERROR') throw cause
  }
}

/** Those of both; an integer key is the row number itself. The damaged file may be of an earlier version. */
function sharedColumns(from: Connection, into: Connection, table: string): readonly string[] {
  const there = new Set(columnsOf(from, table).map(({ name }) => name))
  const here = columnsOf(into, table).filter(({ pk, type }) => pk === 0 || type !== 'INTEGER')
  return here.map(({ name }) => name).filter((name) => there.has(name))
}

interface Column {
  readonly name: string
  readonly type: string
  readonly pk: number
}

function columnsOf(connection: Connection, table: string): readonly Column[] {
  try {
    return connection.pragma(`table_info(${table})`) as Column[]
  } catch (cause) {
    if (!meansDamage(cause)) throw cause
    return []
  }
}

function keepNumbers(from: Connection, into: Connection, table: string): void {
  const sql = 'SELECT seq FROM sqlite_sequence WHERE name = ?'
  const found = (into.prepare(sql).pluck().get(table) as number | undefined) ?? 0
  let given: number
  try {
    given = (from.prepare(sql).pluck().get(table) as number | undefined) ?? 0
  } catch (cause) {
    if (!meansDamage(cause)) throw cause
    given = found + NUMBERS_SKIPPED
  }
  if (given > found) setNumber(into, table, given)
}

/** Nothing can be read: the seconds of the epoch are more than were ever given, and more again the next time. */
function skipNumbers(into: Connection, table: string): void {
  setNumber(into, table, Math.floor(Date.now() / 1000))
}

function setNumber(into: Connection, table: string, given: number): void {
  const set = into.prepare('UPDATE sqlite_sequence SET seq = ? WHERE name = ?')
  if (set.run(given, table).changes > 0) return
  into.prepare('INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)').run(table, given)
}

/** Flows begin with a number behind all that may have been given. */
function keepFlowNumbers(from: Connection, into: Connection): void {
  const found = into
    .prepare('SELECT coalesce(max(first_flow + flows), 1) FROM flow_batches')
    .pluck()
    .get() as number
  const stored = [...tableRows(from, 'flow_numbers', ['next'])].map(({ next }) => Number(next))
  const next = stored[0] ?? found + NUMBERS_SKIPPED
  into.prepare('UPDATE flow_numbers SET next = ?').run(Math.max(found, next))
}

function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(dirname(path))
  return bavail * bsize
}
