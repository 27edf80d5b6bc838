/** Programs side by side over one capture: each costs so many times what `tcpdump -r FILE -w /dev/null` costs. */
import { measureChild } from '../measuring/measured-child.mjs'
import { median } from '../measuring/statistics.mjs'
import { removeFolder, temporaryFolder } from '../measuring/temporary-folder.mjs'

/** tcpdump is so quick that one run would drown in the clock's steps of 10 ms. */
const TCPDUMP_RUNS = 5
const TCPDUMP_SECONDS = 1
const MOST_TCPDUMP_RUNS = 20
/** Who takes longer is run once, and ended after the limit: the others are what the time is for. */
const SLOW_SECONDS = 10
const LIMIT_SECONDS = 90

/**
 * Runs every contestant once a round, one after the other, so that a busy moment of the machine falls on all.
 *
 * Shape: contestants are `{ name, does, argv(file, folder), isPeer, look(cost, folder) }`, `look` being
 * called after each run, before its folder goes; the result is one row each, tcpdump
 * first: medians of seconds and peak bytes, and the median of each round's multiples of that round's tcpdump.
 */
export async function runContest({ file, contestants, rounds, onRun = () => undefined }) {
  const baseline = { name: '`tcpdump -r FILE -w /dev/null`', does: 'reads and writes', runs: [] }
  const rows = contestants.map((contestant) => ({ ...contestant, runs: [], failure: undefined }))
  for (let round = 1; round <= rounds; round += 1) {
    const tcpdump = await measureTcpdump(file)
    baseline.runs.push({ ...tcpdump, wallTimes: 1, cpuTimes: 1 })
    for (const row of rows) {
      if (row.failure !== undefined || isTooSlow(row)) continue
      onRun(`round ${round} of ${rounds}: ${row.name}`)
      await runOnce(row, file, tcpdump)
    }
  }
  return [baseline, ...rows].map(summary)
}

function isTooSlow({ isPeer, runs }) {
  return isPeer === true && runs.some(({ wallSeconds }) => wallSeconds > SLOW_SECONDS)
}

async function runOnce(row, file, tcpdump) {
  const folder = temporaryFolder('picket-bench-')
  try {
    const [command, ...args] = row.argv(file, folder)
    const limitSeconds = row.isPeer ? LIMIT_SECONDS : undefined
    const cost = await measureChild(command, args, { limitSeconds, keepsOutput: false })
    const wallTimes = cost.wallSeconds / tcpdump.wallSeconds
    row.runs.push({ ...cost, wallTimes, cpuTimes: cost.cpuSeconds / tcpdump.cpuSeconds })
    await row.look?.(cost, folder)
  } catch (failure) {
    // A peer that cannot do it says so in its row; that Picket cannot do it is ours to know at once.
    if (!row.isPeer) throw failure
    row.failure = failure.message
  } finally {
    removeFolder(folder)
  }
}

async function measureTcpdump(file) {
  const runs = []
  const isEnough = () => sum(runs, 'wallSeconds') > TCPDUMP_SECONDS && runs.length >= TCPDUMP_RUNS
  while (!isEnough() && runs.length < MOST_TCPDUMP_RUNS) {
    runs.push(await measureChild('tcpdump', ['-Z', 'root', '-r', file, '-w', '/dev/null']))
  }
  // Over before it was looked at twice, now and then.
  const peakBytes = Math.max(...runs.map((run) => run.peakBytes))
  const cpuSeconds = sum(runs, 'cpuSeconds') / runs.length
  return { wallSeconds: median(runs, 'wallSeconds'), cpuSeconds, peakBytes }
}

function sum(runs, key) {
  return runs.reduce((total, run) => total + run[key], 0)
}

function summary({ name, does, runs, failure, isPeer }) {
  if (runs.length === 0) return { name, does, failure, isPeer }
  const keys = ['wallSeconds', 'cpuSeconds', 'peakBytes', 'wallTimes', 'cpuTimes']
  const medians = Object.fromEntries(keys.map((key) => [key, median(runs, key)]))
  const spread = [Math.min, Math.max].map((pick) => pick(...runs.map((run) => run.wallTimes)))
  const isCutShort = runs.some((run) => run.isCutShort)
  return { name, does, isPeer, failure, ...medians, spread, runs: runs.length, isCutShort }
}
