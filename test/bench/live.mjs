/**
 * Picket live on a veth pair, beside `tcpdump -w /dev/null` on the same pair and the same traffic: packets a
 * second without loss, what a packet costs, and how the API answers meanwhile. Needs root, tcpreplay and tcpdump.
 *
 * Usage: `node test/bench/live.mjs` prints the section by itself; test/bench/run.mjs puts it into RESULTS.md.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from '../check/root.mjs'
import { writeBenchCapture } from '../support/captures/bench-capture.mjs'
import { makeVethPair, runToEnd, startOne } from '../support/hosts/veth-pair.mjs'
import { removeFolder, temporaryFolder } from './measuring/temporary-folder.mjs'

/** Packets a second; null stands for as fast as tcpreplay can. */
const RATES = [25_000, 50_000, 100_000, 200_000, null]
const WARM_UP = 20_000
const SECONDS_A_RATE = 4
const CAPTURE_PACKETS = 200_000
const TICKS_PER_SECOND = 100
const main = join(root, 'dist', 'main.js')
const probe = fileURLToPath(new URL('../support/api/api-probe.mjs', import.meta.url))

/**
 * Measures each rate twice, with the agent and with tcpdump, one after the other.
 *
 * Shape: `{ skipped }` with the reason where it cannot be measured; else `{ rates: [{ wanted, picket, tcpdump }] }`
 * with sent, lost (both packets), rate, and CPU seconds, and for Picket what it shed and the API's times in ms.
 */
export async function measureLive() {
  const missing = whatIsMissing()
  if (missing !== null) return { skipped: missing }
  const folder = temporaryFolder('picket-live-')
  const pair = await makeVethPair()
  try {
    const capture = join(folder, 'traffic.pcap')
    writeBenchCapture(capture, CAPTURE_PACKETS)
    const tcpdump = []
    for (const wanted of RATES) tcpdump.push(await measureTcpdump(pair, capture, wanted))
    const picket = await withAgent(pair, folder, async (agent) => {
      // The first packets are for V8, which compiles what it sees used.
      await send(pair, capture, WARM_UP)
      const measured = []
      for (const wanted of RATES) measured.push(await measurePicket(pair, capture, wanted, agent))
      return measured
    })
    return {
      rates: RATES.map((wanted, at) => ({ wanted, picket: picket[at], tcpdump: tcpdump[at] })),
    }
  } finally {
    await pair.remove()
    removeFolder(folder)
  }
}

/** The figures as a section of RESULTS.md. */
export function renderLive(figures) {
  if (figures.skipped !== undefined) return `## Live\n\nNot measured: ${figures.skipped}.\n`
  const { rates } = figures
  const lossless = (who) =>
    count(
      Math.max(0, ...rates.filter((rate) => rate[who].lost === 0).map((rate) => rate[who].rate)),
    )
  const rows = rates.flatMap(({ wanted, picket, tcpdump }) => [
    row(wanted, '`picket start`', picket, `${picket.shed} | ${picket.p50} / ${picket.p99} ms`),
    row(wanted, '`tcpdump -w /dev/null`', tcpdump, '| '),
  ])
  return `## Live

Over a veth pair by \`tcpreplay\`, sender and receiver on the same machine; ${SECONDS_A_RATE} s a rate. CPU is
that of all processes at work, tcpdump's own included. The API is asked about fifty times a second meanwhile.

Most packets a second without loss: Picket ${lossless('picket')}, tcpdump ${lossless('tcpdump')}.

| wanted | program | sent a second | lost | CPU a packet | shed down to | API p50 / p99 |
| ---: | --- | ---: | ---: | ---: | --- | ---: |
${rows.join('\n')}
`
}

function row(wanted, program, { rate, sent, lost, cpuSeconds }, rest) {
  const share = lost === 0 ? '0' : `${count(lost)} (${((100 * lost) / sent).toFixed(1)} %)`
  const nanoseconds = count((cpuSeconds / Math.max(1, sent - lost)) * 1e9)
  const speed = wanted === null ? 'top speed' : count(wanted)
  return `| ${speed} | ${program} | ${count(rate)} | ${share} | ${nanoseconds} ns | ${rest} |`
}

const count = (value) => Math.round(value).toLocaleString('en')

/** Why nothing can be measured on a pair here; null where it can. */
export function whatIsMissing() {
  if (process.getuid?.() !== 0) return 'it needs root'
  const isThere = (name) =>
    process.env.PATH.split(':').some((folder) => existsSync(join(folder, name)))
  const missing = ['tcpreplay', 'tcpdump', 'ip'].filter((name) => !isThere(name))
  return missing.length === 0 ? null : `not installed: ${missing.join(', ')}`
}

/** Sends for about four seconds; gives packets that arrived at the other end, and how many a second. */
async function send(pair, capture, wanted) {
  const packets = wanted === null ? 1_000_000 : wanted * SECONDS_A_RATE
  const speed = wanted === null ? ['--topspeed'] : [`--pps=${wanted}`]
  const loops = Math.max(1, Math.ceil(packets / CAPTURE_PACKETS))
  const limit = ['--limit', String(packets), '--loop', String(loops)]
  const before = pair.received()
  const args = [...speed, ...limit, '--preload-pcap', '-i', pair.sendingInterface, capture]
  const output = await runToEnd(pair.sender, 'tcpreplay', args)
  const seconds = Number(/ sent in ([\d.]+) seconds/.exec(output)[1])
  const sent = pair.received() - before
  return { sent, rate: sent / seconds }
}

async function measureTcpdump(pair, capture, wanted) {
  const args = [
    '-i',
    pair.receivingInterface,
    '-n',
    '-p',
    '-s',
    '1600',
    '-B',
    '65536',
    '-Z',
    'root',
  ]
  const tcpdump = startOne(pair.receiver, 'tcpdump', [...args, '-w', '/dev/null'])
  await tcpdump.said(/listening on/)
  const before = cpuSeconds([tcpdump.pid])
  const { sent, rate } = await send(pair, capture, wanted)
  // What the kernel still holds comes within a second.
  await pause(1_500)
  const cpu = cpuSeconds([tcpdump.pid]) - before
  await tcpdump.end()
  const lost = Number(/(\d+) packets? dropped by kernel/.exec(tcpdump.output())?.[1] ?? 0)
  return { sent, rate, lost, cpuSeconds: cpu }
}

/** Runs an agent at the receiving end, its firewall the dry-run one, with a token of these scopes. */
export async function withAgent(pair, folder, measure, { settings = {}, scopes = 'read' } = {}) {
  const data = join(folder, 'data')
  const file = join(folder, 'picket.json')
  const capture = { interfaces: [pair.receivingInterface] }
  writeFileSync(file, JSON.stringify({ capture, respond: { firewall: 'dry-run' }, ...settings }))
  const argv = [main, 'start', '--config', file, '--data-dir', data]
  const agent = startOne(pair.receiver, process.execPath, argv)
  try {
    await agent.said(/Picket is running/)
    const create = [main, 'token', 'create', '--scopes', scopes, '--json', '--data-dir', data]
    const { token } = JSON.parse(await runToEnd(pair.receiver, process.execPath, create))
    return await measure({ pid: agent.pid, token })
  } finally {
    await agent.end()
  }
}

async function measurePicket(pair, capture, wanted, { pid, token }) {
  const start = await calm(pair, token)
  const pids = familyOf(pid)
  const before = cpuSeconds(pids)
  const asking = runToEnd(pair.receiver, process.execPath, [probe, token, `${SECONDS_A_RATE + 1}`])
  const { sent, rate } = await send(pair, capture, wanted)
  const end = await accounted(pair, token, start.packets + sent)
  const cpu = cpuSeconds(pids) - before
  const tookMs = JSON.parse(await asking).tookMs.sort((one, other) => one - other)
  const at = (share) => Math.round(tookMs[Math.floor(tookMs.length * share)])
  const lost = end.lost - start.lost
  const shed = await deepest(pair, token, start.atMs)
  return { sent, rate, lost, cpuSeconds: cpu, shed, p50: at(0.5), p99: at(0.99) }
}

/** Packets that the sensor saw, or knows to be lost. */
async function sensorCounts(pair, token) {
  const [{ frames, kernelDrops, shedding }] = (await ask(pair, token, '/v1/health')).sensors
  const lost = kernelDrops ?? 0
  return { packets: frames + lost, lost, shedding, atMs: Date.now() }
}

/** Waits until nothing is shed and nothing is under way any more. */
async function calm(pair, token) {
  let before = { packets: -1 }
  for (let waited = 0; waited < 60; waited += 1) {
    const now = await sensorCounts(pair, token)
    if (now.shedding === null && now.packets === before.packets) return now
    before = now
    await pause(1_500)
  }
  throw new Error('live: the sensor does not recover')
}

/** Waits until every packet was seen or is known to be lost. */
async function accounted(pair, token, packets) {
  for (let waited = 0; waited < 100; waited += 1) {
    const counts = await sensorCounts(pair, token)
    if (counts.packets >= packets) return counts
    await pause(200)
  }
  throw new Error('live: packets are missing that the sensor does not know of')
}

/** The level that an event tells of, if one does since then. */
async function deepest(pair, token, sinceMs) {
  const [event] = (await ask(pair, token, '/v1/events?kind=health.load-shed')).items
  if (event === undefined || Date.parse(event.lastSeen) < sinceMs) return 'nothing'
  return /shed down to (\w+)/.exec(event.summary)[1]
}

async function ask(pair, token, path) {
  const program = `fetch('http://127.0.0.1:8460${path}', { headers: { authorization: 'Bearer ${token}' } })
    .then((answer) => answer.text()).then((text) => process.stdout.write(text))`
  return JSON.parse(await runToEnd(pair.receiver, process.execPath, ['-e', program]))
}

/** A process and all that it started. */
function familyOf(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ')
  return [pid, ...children.filter(Boolean).flatMap((child) => familyOf(Number(child)))]
}

/** What processes used so far, by proc_pid_stat(5). */
function cpuSeconds(pids) {
  return pids.reduce((sum, pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return sum + (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
  }, 0)
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(renderLive(await measureLive()))
}
