/**
 * How the API answers while packets are detected on: requests a second and times of blocks, queries and streams,
 * once idle and once under traffic on a veth pair. Needs root, tcpreplay and tcpdump.
 *
 * Usage: `node test/bench/api.mjs [PACKETS_A_SECOND]` (default 20000) prints the section. The firewall is the dry-run
 * one, except where blocks in force are measured.
 */
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeBenchCapture } from '../support/captures/bench-capture.mjs'
import { makeVethPair, runToEnd, startOne } from '../support/hosts/veth-pair.mjs'
import { whatIsMissing, withAgent } from './live.mjs'
import { machine } from './measuring/machine.mjs'
import { removeFolder, temporaryFolder } from './measuring/temporary-folder.mjs'

const SECONDS = 4
const CAPTURE_PACKETS = 200_000
const load = fileURLToPath(new URL('children/api-load.mjs', import.meta.url))

/** Measures without and with traffic. Shape: `{ skipped }`, or `{ rate, idle, loaded }` as the load prints them. */
export async function measureApi(rate = 20_000) {
  const missing = whatIsMissing()
  if (missing !== null) return { skipped: missing }
  const folder = temporaryFolder('picket-api-')
  const pair = await makeVethPair()
  try {
    const capture = join(folder, 'traffic.pcap')
    writeBenchCapture(capture, CAPTURE_PACKETS)
    const measured = (asked) => measureFirewalls({ pair, folder }, asked)
    const idle = await measured((call) => ask(pair, call))
    const loaded = await measured((call) => underTraffic(pair, { rate, capture }, call))
    return { rate, idle, loaded }
  } finally {
    pair.remove()
    removeFolder(folder)
  }
}

/** Everything with the dry-run firewall, and blocks once more with the kernel's, as `kernel`. */
async function measureFirewalls({ pair, folder }, asked) {
  const over = (firewall, only) => {
    const settings = {
      respond: { firewall, maxActiveBlocks: 100_000 },
      api: { limits: { requestsPerMinute: 10_000_000 } },
    }
    const place = mkdtempSync(join(folder, firewall))
    const measure = ({ token }) => asked({ token, only })
    return withAgent(pair, place, measure, { scopes: 'read,block', settings })
  }
  const figures = await over('dry-run', [])
  const { block: kernel } = await over('iptables', ['blocks'])
  return { ...figures, kernel }
}

async function underTraffic(pair, { rate, capture }, call) {
  const args = [`--pps=${rate}`, '--loop=0', '--preload-pcap', '-i', pair.sendingInterface]
  const before = pair.received()
  const startedAt = performance.now()
  const traffic = startOne(pair.sender, 'tcpreplay', [...args, capture])
  try {
    const figures = await ask(pair, call)
    const packets = pair.received() - before
    return { ...figures, packets: packets / ((performance.now() - startedAt) / 1000) }
  } finally {
    await traffic.end()
  }
}

async function ask(pair, { token, only }) {
  const argv = [load, token, `${SECONDS}`, ...only]
  return JSON.parse(await runToEnd(pair.receiver, process.execPath, argv))
}

const KINDS = {
  block: 'POST /v1/blocks, each for another address, dry run',
  kernel: 'the same, in force by iptables and ipset',
  query: 'GET /v1/events?minSeverity=4&limit=50',
  flows: 'GET /v1/flows?port=443&limit=50',
  health: 'GET /v1/health',
}

/** Renders the section. */
export function renderApi({ skipped, rate, idle, loaded }) {
  if (skipped !== undefined) return `## The API\n\nNot measured: ${skipped}.\n`
  const ms = (value) => value.toFixed(1)
  const row = (name, { perSecond, p50, p99, most }) =>
    `| ${name} | ${Math.round(perSecond)} | ${ms(p50)} | ${ms(p99)} | ${ms(most)} |`
  const bad = ({ statuses }) =>
    Object.entries(statuses).flatMap(([status, count]) =>
      status < 300 ? [] : [`${count} × ${status}`],
    )
  const table = (figures) => [
    '| | a second | p50 ms | p99 ms | longest ms |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...Object.entries(KINDS).map(([kind, name]) => {
      const refused = bad(figures[kind])
      return row(`${name}${refused.length === 0 ? '' : ` (${refused.join(', ')})`}`, figures[kind])
    }),
    `| event on ${figures.stream.streams} streams, from the request that made it | | ${ms(figures.stream.p50)} | ${ms(figures.stream.p99)} | ${ms(figures.stream.most)} |`,
  ]
  return [
    '## The API',
    '',
    `${SECONDS} s of each, over eight connections, asked from the same host. Without traffic:`,
    '',
    ...table(idle),
    '',
    `With every detector on ${Math.round(loaded.packets)} packets a second (${rate} wanted):`,
    '',
    ...table(loaded),
    '',
  ].join('\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [rate] = process.argv.slice(2)
  const { words, load: others } = machine()
  process.stdout.write(`${words}; load of others before ${others}\n\n`)
  process.stdout.write(renderApi(await measureApi(rate === undefined ? undefined : Number(rate))))
}
