/** Brings a database to the present version, and refuses files that are not ours or are newer. */
import { PicketError } from '../../core/errors.ts'
import { uuidv7 } from '../../core/uuid.ts'
import { LATEST_VERSION, MIGRATIONS } from '../migrations/index.ts'
import { meansDamage, type Connection } from './connection.ts'

/** `PKET` in the header of the file (PRAGMA application_id), so that no foreign database is taken for ours. */
const APPLICATION_ID = 0x504b4554

/**
 * Refuses a database that another program or a newer Picket made.
 *
 * Errors: `ERR_RECORD_OPEN`.
 */
export function refuseForeign(connection: Connection, path: string): void {
  const isOurs = connection.pragma('application_id', { simple: true }) === APPLICATION_ID
  const tables = connection.prepare('SELECT count(*) FROM sqlite_schema').pluck().get()
  if (!isOurs && tables !== 0) {
    throw new PicketError('ERR_RECORD_OPEN', `${path} is a database of another program`, {
      hint: 'name another data folder, or move the file away',
    })
  }
  const version = userVersion(connection)
  if (version > LATEST_VERSION) {
    throw new PicketError(
      'ERR_RECORD_OPEN',
      `${path} has version ${version}; this Picket reads up to ${LATEST_VERSION}`,
      { hint: 'it was written by a newer Picket: install that one again, or move the file away' },
    )
  }
}

/** Refuses a database that still needs migrating; for those who only read. Errors: `ERR_RECORD_OPEN`. */
export function refuseOlder(connection: Connection, path: string): void {
  if (userVersion(connection) === LATEST_VERSION) return
  throw new PicketError(
    'ERR_RECORD_OPEN',
    `${path} has version ${userVersion(connection)}; this Picket reads ${LATEST_VERSION}`,
    { hint: 'start the agent once with this version: it brings the file up to date' },
  )
}

/** Runs the missing migrations and makes the agent's id, all in one transaction. */
export function migrate(connection: Connection, nowMs: number): void {
  connection
    .transaction(() => {
      const version = userVersion(connection)
      for (const migration of MIGRATIONS) {
        if (migration.version <= version) continue
        connection.exec(migration.sql)
        migration.convert?.(connection)
      }
      connection.pragma(`application_id = ${APPLICATION_ID}`)
      connection.pragma(`user_version = ${LATEST_VERSION}`)
      connection
        .prepare('INSERT INTO agent SELECT ?, ? WHERE NOT EXISTS (SELECT 1 FROM agent)')
        .run(uuidv7(nowMs), nowMs)
    })
    .immediate()
}

/** The id of this agent; null where a damaged file does not tell. */
export function agentIdOf(connection: Connection): string | null {
  try {
    return connection.prepare('SELECT id FROM agent').pluck().get() as string
  } catch (cause) {
    if (!meansDamage(cause)) throw cause
    return null
  }
}

function userVersion(connection: Connection): number {
  return connection.pragma('user_version', { simple: true }) as number
}
