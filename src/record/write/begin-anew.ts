/** Begins a new database in the place of a damaged one: salvages, writes down that it did, and says so. */
import { grouped } from '../../core/text/amount.ts'
import { appendAudit } from '../sqlite/audit-chain.ts'
import { inTransaction, type Connection } from '../sqlite/connection.ts'
import { openDamaged, type OpenedDamage } from '../sqlite/damage/open-damaged.ts'
import { salvage, type Salvaged } from '../sqlite/damage/salvage.ts'

const WORDS: Readonly<Record<string, string>> = {
  audit: 'audit rows',
  event_revisions: 'states of events',
  sink_positions: 'positions of sinks',
  evidence: "events' packets",
  fleet_orders: 'orders of the fleet',
  fleet_positions: 'positions in the fleet',
  flow_batches: 'batches of flows',
}

/** A database that cannot be gone on with. */
export interface DamagedFile {
  /** Where it is; null where there is nothing any more. */
  readonly path: string | null
  /** Where it will be. */
  readonly aside: string
  readonly damage: string
}

export interface AnewOptions {
  readonly nowMs: number
  /** Free space on the disk that is left alone. */
  readonly floorBytes: number
  /** Of the agent that runs, where one does. */
  readonly agentId?: string | undefined
  /** The database, still open though its file is gone; it is left open. */
  readonly still?: Connection | undefined
}

/** Fills the new one, and gives what was found and done, in a sentence. */
export function beginAnew(
  connection: Connection,
  { path, aside, damage }: DamagedFile,
  { nowMs, floorBytes, agentId, still }: AnewOptions,
): string {
  const from = still === undefined ? openedDamage(path, connection) : { connection: still, close }
  const salvaged = salvage(connection, from, { floorBytes, agentId })
  const subject = path === null ? 'picket.db' : aside
  const entry = { actor: 'agent', action: 'record.salvaged', subject }
  inTransaction(connection, 'FULL', () => {
    appendAudit(connection, { ...entry, details: { damage, salvaged } }, nowMs)
  })
  return `the log was damaged (${damage}); ${path === null ? '' : keptWords(aside, still)}a new one begun with ${inWords(salvaged)}`
}

const close = (): void => undefined

const openedDamage = (path: string | null, { name }: Connection): OpenedDamage | null =>
  path === null ? null : openDamaged(path, name)

const keptWords = (aside: string, still: Connection | undefined): string =>
  `${still === undefined ? 'it' : 'what was there'} was kept as ${aside}, and `

function inWords(salvaged: Salvaged): string {
  const counts = Object.entries(salvaged).map(
    ([table, rows]) => `${grouped(rows)} ${WORDS[table] ?? table}`,
  )
  return counts.length === 0 ? 'nothing that could be read of it' : counts.join(', ')
}
