/**
 * Counts what is lost and what comes twice when deliveries go wrong: each kind of sink under each fault, with
 * real servers in a namespace of their own.
 *
 * Usage: as root, once built: `node test/bench/delivery.mjs --help`; `npm run bench:delivery` builds first.
 */
import { parseArgs } from 'node:util'
import { setTimeout as pause } from 'node:timers/promises'
import { agentIn, FAULTS } from './delivery/faults.mjs'
import { keep, keptDeliveries, writeReport } from './delivery/kept.mjs'
import { KINDS, RELAY_PORT } from './delivery/kinds.mjs'
import { makePlace } from './delivery/place.mjs'
import { cell } from './delivery/report.mjs'

const USAGE = `Counts what is lost and what comes twice when deliveries go wrong. Needs root.

Usage: npm run bench:delivery [-- OPTIONS]

  --events N       event states to deliver each time (default 10000)
  --sinks KINDS    only these, by commas: ${Object.keys(KINDS).join(', ')}
  --faults FAULTS  only these, by commas: ${Object.keys(FAULTS).join(', ')}
  --jobs N         so many deliveries side by side, each in a place of its own (default 2)
  --missing        only those that no run has tried yet
  --render         tries nothing, and writes the report of what was tried
  --json           prints one line of JSON for each delivery, and writes nothing
  --help           prints this

Each delivery is written to test/bench/DELIVERY.md as it ends, and the others there are kept: a run that is ended
early has lost nothing, and goes on with --missing. A complete one takes some two hours of deliveries, by --jobs.
`

/** Events are recorded over so long, so that the fault strikes in the middle. */
const SECONDS_FOR_10000 = 12
const RELAY_DELAY_MS = 2000
/** Nothing new for so long after all was recorded: what is missing will not come. Longer than any time limit. */
const QUIET_MS = 75_000
/** Where nobody confirms, what has not come at once does not come. */
const UNSURE_QUIET_MS = 10_000

const places = new Set()

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '10000' },
    sinks: { type: 'string', default: Object.keys(KINDS).join(',') },
    faults: { type: 'string', default: Object.keys(FAULTS).join(',') },
    jobs: { type: 'string', default: '2' },
    missing: { type: 'boolean', default: false },
    render: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) process.stdout.write(USAGE)
else if (values.render) await writeReport()
else process.exitCode = await main()

async function main() {
  const [total, jobs, kinds, faults] = [
    Number(values.events),
    Number(values.jobs),
    known('--sinks', values.sinks, KINDS),
    known('--faults', values.faults, FAULTS),
  ]
  if (process.getuid() !== 0) throw new Error('deliveries are tried as root only: use sudo')
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopAll())
  const results = []
  const waiting = tries(kinds, faults).map((one) => ({ ...one, total }))
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const result = { ...next, ...(await delivered(next)) }
      results.push(result)
      tell(result)
      if (!values.json && result.failure === undefined) await keep(result)
    }
  }
  await Promise.all(Array.from({ length: jobs }, work))
  const isBad = ({ kind, lost, failure }) =>
    failure !== undefined || (KINDS[kind].isSure && lost > 0)
  return results.some(isBad) ? 1 : 0
}

/** What is to be tried: every fault that means anything to a kind. */
function tries(kinds, faults) {
  const kept = values.missing ? keptDeliveries() : []
  const isKept = (one) => kept.some(({ fault, kind }) => fault === one.fault && kind === one.kind)
  return faults
    .flatMap((fault) => kinds.map((kind) => ({ fault, kind })))
    .filter((one) => applies(one.fault, one.kind) && !isKept(one))
}

function applies(fault, kind) {
  const { needs } = FAULTS[fault]
  return needs === undefined || KINDS[kind][needs] === true
}

/** A delivery that could not be tried is told of in its place: the others took long. */
async function delivered({ kind, fault, total }) {
  try {
    return await deliver(kind, fault, total)
  } catch (failure) {
    process.stderr.write(`${failure.stack}\n`)
    return { failure: failure.message }
  }
}

function tell(result) {
  const { fault, kind } = result
  if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`)
  else process.stderr.write(`${FAULTS[fault].words}, ${KINDS[kind].words}: ${cell(result)}\n`)
}

/** Delivers once; gives how many states never came, and how many came more than once. */
async function deliver(kind, fault, total) {
  const { serve, sink, port, isSure } = KINDS[kind]
  const { strike, hasRelay } = FAULTS[fault]
  const place = makePlace()
  places.add(place)
  try {
    const server = await serve(place)
    if (hasRelay) await startRelay(place, port)
    const config = sink(place, hasRelay ? RELAY_PORT : port)
    const seconds = (SECONDS_FOR_10000 * total) / 10_000
    const agent = agentIn(place, { directory: place.disk, sink: config, total, seconds })
    const startedMs = performance.now()
    const quietMs = isSure ? QUIET_MS : UNSURE_QUIET_MS
    await arrival(server, agent, { wanted: total / 3, quietMs })
    const said = await strike({ agent, server, place })
    const numbers = await arrival(server, agent, { wanted: total, quietMs })
    const took = (performance.now() - startedMs) / 1000
    await agent.kill('SIGTERM')
    // What is still on its way when all has come is a repeat, and counts as one.
    const repeats = server.numbers().length - new Set(server.numbers()).size
    const isOrdered = inOrder(server.numbers())
    return { lost: total - numbers.size, doubled: repeats, isOrdered, seconds: round(took), said }
  } finally {
    places.delete(place)
    await place.remove()
  }
}

/** Leaves no namespace and no mount behind. */
async function stopAll() {
  await Promise.all([...places].map((place) => place.remove()))
  process.exit(130)
}

/** Waits until so many have arrived, or nothing comes any more; gives the numbers. */
async function arrival(server, agent, { wanted, quietMs }) {
  let newsMs = performance.now()
  let numbers = new Set()
  for (;;) {
    const now = new Set(server.numbers())
    if (now.size !== numbers.size || !agent.hasRecorded) newsMs = performance.now()
    numbers = now
    if (numbers.size >= wanted || performance.now() - newsMs > quietMs) return numbers
    if (agent.isDead) throw new Error('the agent ended by itself')
    await pause(100)
  }
}

/** First sightings rise: a repeat may come late, a new state never before an older one. */
function inOrder(numbers) {
  const firsts = [...new Set(numbers)]
  return firsts.every((number, index) => index === 0 || number > firsts[index - 1])
}

async function startRelay(place, port) {
  const program = new URL('delivery/relay.mjs', import.meta.url).pathname
  const args = [place.siem, RELAY_PORT, port, RELAY_DELAY_MS].map(String)
  const relay = place.startServer([process.execPath, program, ...args])
  await new Promise((resolve) => relay.stdout.once('data', resolve))
}

function known(option, text, choice) {
  const names = text.split(',')
  const unknown = names.find((name) => !Object.hasOwn(choice, name))
  if (unknown === undefined) return names
  throw new Error(`${option} names '${unknown}'; use ${Object.keys(choice).join(', ')}`)
}

function round(seconds) {
  return Math.round(seconds * 10) / 10
}
