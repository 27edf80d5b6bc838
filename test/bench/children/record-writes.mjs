/**
 * Orders of an API written by many at once, and space given back, to a record's own writer; prints what it cost as JSON.
 *
 * Usage: `node test/bench/children/record-writes.mjs orders WRITERS grouped|single FOLDER` or `… shrink ROWS FOLDER`.
 * An order is a block with its audit row, on the disk before its writer goes on. `single` keeps the writer from grouping
 * them: another call stands between any two.
 */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { uuidv7 } from '../../../dist/core/uuid.js'
import { batchFlows } from '../../../dist/flow/batch/index.js'
import { Writer } from '../../../dist/record/write/writer.js'
import { FinishedFlows } from './finished-flows.mjs'

const ORDERS_FOR_MS = 3000
const WARM_UP_MS = 500
const FLOWS_PER_BATCH = 1000
/** Small against what the rows take, so that nothing but age deletes them. */
const FLOOR_BYTES = 8 * 1024 * 1024
const PROBE_EVERY_MS = 20

const [what, ...args] = process.argv.slice(2)
const folder = args.at(-1)
const path = join(folder, 'picket.db')
let writer = await open()
const figures =
  what === 'orders' ? await orders(Number(args[0]), args[1]) : await shrink(Number(args[0]))
await writer.close()
process.stdout.write(JSON.stringify(figures))

function open() {
  return Writer.start({ path, nowMs: Date.now(), floorBytes: FLOOR_BYTES })
}

/** So many writers, each of whom gives its next order when the one before is on the disk. */
async function orders(writers, mode) {
  const waits = []
  let ordered = 0
  const startedAt = performance.now()
  const countedFrom = startedAt + WARM_UP_MS
  const end = countedFrom + ORDERS_FOR_MS
  const order = async () => {
    for (let from = performance.now(); from < end; from = performance.now()) {
      const saved = writer.call('saveBlocks', {
        changes: [change((ordered += 1))],
        atMs: Date.now(),
      })
      if (mode === 'single') void writer.call('ping', null)
      await saved
      if (from >= countedFrom) waits.push(performance.now() - from)
    }
  }
  await Promise.all(Array.from({ length: writers }, order))
  const seconds = (performance.now() - countedFrom) / 1000
  return { perSecond: waits.length / seconds, ...quantiles(waits) }
}

/** A full file of which all flows are too old: they are deleted and the space given back, while an order comes now and then. */
async function shrink(rows) {
  const source = new FinishedFlows()
  for (let written = 0; written < rows; written += FLOWS_PER_BATCH) {
    const { bytes } = batchFlows(source.make(FLOWS_PER_BATCH))
    await writer.call('insertFlows', { batches: [bytes], forward: true, atMs: 1000 })
  }
  // Else the rows are in the WAL, and the file is still small.
  await writer.close()
  writer = await open()
  const alone = await probed(async () => await pause(2000))
  const before = statSync(path).size
  const steps = []
  const startedAt = performance.now()
  const meanwhile = await probed(async () => {
    for (let isMore = true; isMore;) {
      const from = performance.now()
      isMore = await writer.call('prune', limits())
      steps.push(performance.now() - from)
    }
  })
  const seconds = (performance.now() - startedAt) / 1000
  return {
    rows,
    before,
    after: statSync(path).size,
    seconds,
    steps: quantiles(steps),
    alone,
    meanwhile,
  }
}

/** What orders wait for the disk while something else goes on. */
async function probed(work) {
  const waits = []
  let isOver = false
  const ordering = (async () => {
    for (let count = 1; !isOver; count += 1) {
      const from = performance.now()
      await writer.call('saveBlocks', { changes: [change(count)], atMs: Date.now() })
      waits.push(performance.now() - from)
      await pause(PROBE_EVERY_MS)
    }
  })()
  await work()
  isOver = true
  await ordering
  return quantiles(waits)
}

function limits() {
  const now = Date.now()
  return {
    ...{ flowsBeforeMs: now, eventsBeforeMs: 0, replacedStatesBeforeMs: 0 },
    ...{ maxBytes: Number.MAX_SAFE_INTEGER, flowsMakeRoomBeforeMs: now },
  }
}

function change(number) {
  const target = `198.18.${(number >> 8) & 255}.${number & 255}`
  const block = {
    ...{ id: uuidv7(Date.now()), target, state: 'pending', createdAtMs: Date.now() },
    ...{ direction: 'both', protocol: null, ports: [], expiresAtMs: Date.now() + 600_000 },
    ...{ liftedAtMs: null, liftedBy: null, reason: 'bench', source: 'api', orderedBy: 'token:1' },
    ...{ eventId: null, failure: null, verifiedAtMs: null, stoppedPackets: 0, stoppedBytes: 0 },
  }
  const audit = {
    actor: 'token:1',
    action: 'block.ordered',
    subject: target,
    details: {},
    peer: null,
  }
  return { block, audit }
}

function quantiles(values) {
  const sorted = [...values].sort((one, other) => one - other)
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), most: sorted.at(-1) }
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
