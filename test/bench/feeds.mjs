/** A million indicators: what a look costs beside a Set and a Map of strings, grep and an ipset, and what they take. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isInstalled } from '../../deploy/setup/ground.mjs'
import { measureChild, runOwnChild } from './measuring/measured-child.mjs'
import { count, megabytes, table } from './measuring/words.mjs'
import { removeFolder, temporaryFolder } from './measuring/temporary-folder.mjs'

const ENTRIES = 1_000_000
const GREPPED = 100_000
const WAYS = {
  table: 'Picket, one flat table',
  set: 'JavaScript Set of strings',
  map: 'JavaScript Map of strings',
}

/** Half addresses, half names, none of them anybody's: 198.18.0.0/15 and 203.0.113.0/24 are too few. */
function feedText() {
  const addresses = Array.from({ length: ENTRIES / 2 }, (_, at) => {
    return `${100 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}.${(at * 7) & 255}`
  })
  const names = Array.from({ length: ENTRIES / 2 }, (_, at) => `host${at}.zone${at % 997}.example`)
  return [...addresses, ...names].join('\n')
}

export async function measureFeeds() {
  const folder = temporaryFolder('picket-feeds-bench-')
  const file = join(folder, 'feed.txt')
  try {
    const text = feedText()
    writeFileSync(file, text)
    const ways = {}
    for (const way of Object.keys(WAYS)) {
      process.stderr.write(`  ${WAYS[way]}\n`)
      ways[way] = await runOwnChild('indicator-looks.mjs', [way, file], { flags: ['--expose-gc'] })
    }
    return { ways, grep: await measureGrep(folder, file), ipset: measureIpset(text) }
  } finally {
    removeFolder(folder)
  }
}

/** Names that are not listed against the whole feed, as a script over a log would do it. */
async function measureGrep(folder, feed) {
  process.stderr.write('  grep -F\n')
  const names = join(folder, 'names.txt')
  writeFileSync(names, Array.from({ length: GREPPED }, (_, at) => `site${at}.invalid`).join('\n'))
  const loaded = await measureChild('sh', ['-c', 'grep -F -x -c -f "$0" /dev/null; true', feed])
  const whole = await measureChild('sh', ['-c', 'grep -F -x -c -f "$0" "$1"; true', feed, names])
  const nanoseconds = ((whole.wallSeconds - loaded.wallSeconds) / GREPPED) * 1e9
  return { nanoseconds, buildSeconds: loaded.wallSeconds, residentGrowth: whole.peakBytes }
}

/** The kernel's own table in a namespace of its own: addresses alone. Null where it cannot be made. */
function measureIpset(text) {
  if (!isInstalled('ipset') || process.getuid() !== 0) return null
  process.stderr.write('  ipset\n')
  const addresses = text.split('\n').slice(0, ENTRIES / 2)
  const orders = [`create b hash:ip maxelem ${ENTRIES}`, ...addresses.map((one) => `add b ${one}`)]
  const namespace = `picket-feeds-${process.pid}`
  const inside = (...argv) => ['netns', 'exec', namespace, ...argv]
  execFileSync('ip', ['netns', 'add', namespace])
  try {
    const startedAt = performance.now()
    execFileSync('ip', inside('ipset', 'restore'), { input: `${orders.join('\n')}\n` })
    const buildSeconds = (performance.now() - startedAt) / 1000
    const header = execFileSync('ip', inside('ipset', 'list', '-t', 'b')).toString()
    return { buildSeconds, residentGrowth: Number(/Size in memory: (\d+)/.exec(header)?.[1]) }
  } catch {
    return null
  } finally {
    execFileSync('ip', ['netns', 'del', namespace])
  }
}

/** Renders them side by side; ratios are of the same run. */
export function renderFeeds({ ways, grep, ipset }) {
  const nanoseconds = (value) => `${count(value)} ns`
  const rows = Object.entries(ways).map(([way, one]) => [
    WAYS[way],
    ...[one.addressListed, one.addressOther, one.nameListed, one.nameOther].map(nanoseconds),
    `${one.buildSeconds.toFixed(1)} s`,
    megabytes(one.residentGrowth),
  ])
  const kernel = ipset === null ? [] : [['ipset hash:ip, the addresses alone', '', '', '', '', `${ipset.buildSeconds.toFixed(1)} s`, megabytes(ipset.residentGrowth)]] // prettier-ignore
  const heads = ['', 'address, listed', 'address, other', 'name beneath a listed one', 'other name']
  return `## A million indicators

${table([...heads, 'reading', 'memory'], [
  ...rows,
  ['grep -F -x -f, whole lines alone', '', '', '', nanoseconds(grep.nanoseconds), `${grep.buildSeconds.toFixed(1)} s`, megabytes(grep.residentGrowth)],
  ...kernel,
])}

${count(ENTRIES)} indicators from one file, half addresses, half names; a look at each kind, medians of five rounds of 200,000. The
table is asked for a binary address, as it lies in the packet, and tells feed, range and expiry; the others are asked for text
that was made before, and tell only that it is there. Memory is what the process has grown by, with what it read.
` // prettier-ignore
}
