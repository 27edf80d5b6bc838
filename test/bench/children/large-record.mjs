/**
 * Fills a record with many flows and events of one day, asks it what an analyst asks, with and without other
 * readers, and prints the times as JSON.
 *
 * Usage: `node test/bench/children/large-record.mjs FLOWS EVENTS FOLDER`.
 */
import { statSync } from 'node:fs'
import { validateConfig } from '../../../dist/config/index.js'
import { rfc3339FromUs, systemClock } from '../../../dist/core/clock.js'
import { silentLog } from '../../../dist/core/log/log.js'
import { uuidv7 } from '../../../dist/core/uuid.js'
import { Double, RECORD_DOUBLES } from '../../../dist/flow/batch/batch-layout.js'
import { batchFlows, joinBatches } from '../../../dist/flow/batch/index.js'
import { parseCidr } from '../../../dist/net/cidr.js'
import { openRecord } from '../../../dist/record/index.js'
import { FinishedFlows } from './finished-flows.mjs'

const DAY_US = 86_400e6
const HOUR_US = 3600e6
const BATCH = 1000
const PATTERNS = 50
const TURNS = 20
const KINDS = ['scan.vertical.syn', 'bruteforce.ssh', 'c2.beacon', 'flood.syn', 'anomaly.flow']

const [flowsText, eventsText, folder] = process.argv.slice(2)
const [flowCount, eventCount] = [Number(flowsText), Number(eventsText)]
const firstUs = 1_767_571_200_000_000
const config = { ...validateConfig({}, 'the bench').record, maxMegabytes: 1_000_000 }
const record = await openRecord({ directory: folder, config, clock: systemClock, log: silentLog })

const fillSeconds = await seconds(async () => {
  await fillFlows()
  await fillEvents()
})
const answers = {
  'an address within an hour, 100 flows': await ask((turn) =>
    record.flows.list({ ...hour(turn), address: parseCidr(`10.7.${turn % 19}.9`), limit: 100 }),
  ),
  'a range (/24) and a port within an hour, 100 flows': await ask((turn) =>
    record.flows.list({ ...hour(turn), address: parseCidr('10.7.3.0/24'), port: 22, limit: 100 }),
  ),
  'a kind within an hour, 100 events': await ask((turn) =>
    record.events.list({ ...hour(turn), kind: KINDS[turn % KINDS.length], limit: 100 }),
  ),
  'an attacker in the whole day, 100 events': await ask((turn) =>
    record.events.list({ attacker: parseCidr(`192.0.2.${turn}`), limit: 100 }),
  ),
  'top talkers of an hour (every flow of it gone through)': await ask(
    (turn) => wholeSums({ ...hour(turn), by: 'originator', spanUs: 1 }),
    5,
  ),
  'a series of an hour, by minutes': await ask(
    (turn) => wholeSums({ ...hour(turn), by: 'time', spanUs: 60e6 }),
    5,
  ),
}
const alone = await writeEvents()
let isReading = true
const readers = Array.from({ length: 6 }, async () => {
  // A port that nobody has: every flow has to be looked at, and then again.
  while (isReading) await record.flows.list({ port: 0, limit: 100 })
})
const besideReaders = await writeEvents()
isReading = false
await Promise.all(readers)
const bytes = statSync(record.path).size
await record.close()
process.stdout.write(
  JSON.stringify({ flowCount, eventCount, fillSeconds, bytes, answers, alone, besideReaders }),
)

async function fillFlows() {
  const source = new FinishedFlows()
  const patterns = Array.from({ length: PATTERNS }, () => batchFlows(source.make(BATCH)))
  const stepUs = DAY_US / flowCount
  for (let written = 0; written < flowCount; written += BATCH) {
    const batch = joinBatches([patterns[(written / BATCH) % PATTERNS]])
    for (let index = 0; index < BATCH; index += 1) {
      const at = index * RECORD_DOUBLES
      const startUs = firstUs + (written + index) * stepUs
      batch.doubles[at + Double.END_US] += startUs - batch.doubles[at + Double.START_US]
      batch.doubles[at + Double.START_US] = startUs
    }
    record.flows.append(batch)
    if (written % (BATCH * 50) === 0) await record.flows.flush()
  }
  await record.flows.flush()
  if (record.flows.dropped() > 0) throw new Error(`${record.flows.dropped()} flows were dropped`)
}

async function fillEvents() {
  for (let from = 0; from < eventCount; from += BATCH) {
    const count = Math.min(BATCH, eventCount - from)
    const stories = Array.from({ length: count }, (_, index) => storyAt(from + index))
    await record.events.save(stories, { forward: false })
  }
}

function storyAt(number) {
  const id = uuidv7(Date.now())
  const seenUs = firstUs + Math.floor((number * DAY_US) / eventCount)
  const kind = KINDS[number % KINDS.length]
  const event = {
    ...{ id, sequence: 0, revision: 1, agent: record.agentId, interface: 'eth0', kind },
    ...{ family: kind.split('.')[0], severity: number % 11, confidence: 0.9, verdict: 'alert' },
    ...{ simulated: false, decision: 'policy only alerts', host: null, domain: null },
    ...{ attacker: `192.0.2.${number % 250}`, victims: [`10.0.${number % 200}.5`] },
    ...{ firstSeen: rfc3339FromUs(seenUs), lastSeen: rfc3339FromUs(seenUs + 5e6), count: 100 },
    summary: '1,204 ports of 10.0.0.5 tried in 8 s, 1,196 unanswered or refused',
    reasons: [{ feature: 'distinctPorts60s', value: 1204, baseline: 2, weight: 0.8 }],
    ...{ detectors: ['port-scan'], mitre: ['T1046'], flows: [], incident: null, process: null },
  }
  return { key: id, event }
}

/** An hour of the day, another each turn. */
function hour(turn) {
  const fromUs = firstUs + ((turn * 7) % 23) * HOUR_US
  return { fromUs, toUs: fromUs + HOUR_US }
}

async function wholeSums(query) {
  const sums = await record.flows.sums(query)
  if (!sums.isComplete) throw new Error('the sums are of a part: it took too long')
  return sums
}

async function ask(question, turns = TURNS) {
  const times = []
  for (let turn = 0; turn < turns; turn += 1) {
    const startedAt = performance.now()
    const { items } = await question(turn)
    times.push(performance.now() - startedAt)
    if (items.length === 0) throw new Error(`no answer: ${question}`)
  }
  return times
}

/** How long the writing of one event takes, each on disk before the next. */
async function writeEvents() {
  const times = []
  for (let turn = 0; turn < 200; turn += 1) {
    const startedAt = performance.now()
    await record.events.save([storyAt(turn)], { forward: true })
    times.push(performance.now() - startedAt)
  }
  return times
}

async function seconds(work) {
  const startedAt = performance.now()
  await work()
  return (performance.now() - startedAt) / 1000
}
