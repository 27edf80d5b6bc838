/**
 * Writes many flows to a database as fast as it goes, and prints what it cost as JSON.
 *
 * Usage: `node test/bench/children/flow-rows.mjs picket|plain|plain-indexed ROWS FOLDER`. `picket` is the
 * record as the agent opens it, which is then asked some questions too; `plain` is better-sqlite3 and one table with a column for each field of a
 * flow; `plain-indexed` has the indexes that questions for time and for either address need.
 */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { Database } from '../../../dist/record/sqlite/driver.js'
import { validateConfig } from '../../../dist/config/index.js'
import { systemClock } from '../../../dist/core/clock.js'
import { silentLog } from '../../../dist/core/log/log.js'
import { batchFlows } from '../../../dist/flow/batch/index.js'
import { openRecord } from '../../../dist/record/index.js'
import { FinishedFlows } from './finished-flows.mjs'
import { askFlows } from './questions.mjs'

/** What is made at a time, while the clock of the measurement stands still. */
const BATCH = 50_000
const TRANSACTION = 1000

async function picket(folder) {
  const config = validateConfig({}, 'the bench').record
  const record = await openRecord({ directory: folder, config, clock: systemClock, log: silentLog })
  return {
    path: record.path,
    // The sensor hands flows on in such batches; what making them costs is told by the stages.
    prepare: (flows) => batchFlows(flows),
    write: async (batches) => {
      for (const batch of batches) record.flows.append(batch)
      await record.flows.flush()
    },
    ask: async (span) => await askFlows(record.flows, span),
    close: async () => {
      const dropped = record.flows.dropped()
      await record.close()
      if (dropped > 0) throw new Error(`${dropped} flows were dropped`)
    },
  }
}

function plain(folder, isIndexed) {
  const path = join(folder, 'plain.db')
  const database = new Database(path)
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = NORMAL')
  const columns = Object.keys(new FinishedFlows().make(1)[0])
  database.exec(`CREATE TABLE flows (id INTEGER PRIMARY KEY, ${columns.join(', ')})`)
  if (isIndexed) {
    database.exec(`CREATE INDEX by_start ON flows (startUs);
      CREATE INDEX by_originator ON flows (originator, startUs);
      CREATE INDEX by_responder ON flows (responder, startUs)`)
  }
  const marks = columns.map(() => '?').join(', ')
  const insert = database.prepare(`INSERT INTO flows (${columns.join(', ')}) VALUES (${marks})`)
  const insertAll = database.transaction((flows) => {
    for (const flow of flows) insert.run(Object.values(flow))
  })
  return {
    path,
    prepare: (flows) => flows,
    write: async (batches) => {
      for (const batch of batches) insertAll(batch)
    },
    close: async () => database.close(),
  }
}

const kinds = { picket, plain, 'plain-indexed': (folder) => plain(folder, true) }
const [kind, rowsText, folder] = process.argv.slice(2)
const rows = Number(rowsText)
const target = await kinds[kind](folder)
const source = new FinishedFlows()
const cost = { wallSeconds: 0, cpuSeconds: 0, slowestBatchSeconds: 0 }
const span = { firstUs: source.timeUs, lastUs: 0 }
for (let written = 0; written < rows; written += BATCH) {
  const batches = []
  const end = Math.min(rows, written + BATCH)
  for (let at = written; at < end; at += TRANSACTION) {
    batches.push(target.prepare(source.make(Math.min(TRANSACTION, end - at))))
  }
  await measured(async () => await target.write(batches))
}
span.lastUs = source.timeUs
const answers = await target.ask?.(span)
await measured(target.close)
const bytes = statSync(target.path).size
process.stdout.write(JSON.stringify({ ...cost, rows, bytes, answers }))

async function measured(work) {
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  await work()
  const wallSeconds = (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(cpuBefore)
  cost.wallSeconds += wallSeconds
  cost.cpuSeconds += (user + system) / 1e6
  cost.slowestBatchSeconds = Math.max(cost.slowestBatchSeconds, wallSeconds)
}
