/** The whole pipeline on one capture, beside `tcpdump -r FILE -w /dev/null`: ratios and shares of stages. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from '../check/root.mjs'
import { measureChild, median } from './measured-child.mjs'

const ROUNDS = 3
const TCPDUMP_RUNS = 5
const STAGES = ['capture', 'decode', 'flow', 'detect', 'flow records']
const stagesProgram = fileURLToPath(new URL('stages.mjs', import.meta.url))

/**
 * Measures replay (capture to record, nothing left out), tcpdump, and each stage on its way.
 *
 * Rounds are interleaved, so that a busy moment of the machine falls on both sides; medians are kept.
 */
export async function measurePipeline(file) {
  const rounds = { replay: [], tcpdump: [] }
  const prefixes = Object.fromEntries(STAGES.map((stage) => [stage, []]))
  for (let round = 0; round < ROUNDS; round += 1) {
    rounds.tcpdump.push(await measureTcpdump(file))
    rounds.replay.push(await measureReplay(file))
    for (const stage of STAGES) {
      const { stdout } = await measureChild(process.execPath, [stagesProgram, stage, file])
      prefixes[stage].push(JSON.parse(stdout))
    }
    process.stderr.write(`round ${round + 1} of ${ROUNDS}\n`)
  }
  const replay = costOf(rounds.replay)
  const tcpdump = costOf(rounds.tcpdump)
  const packets = prefixes.capture[0].packets
  const memory = median(prefixes['flow records'], 'maxRssMegabytes')
  const summary = rounds.replay[0].stderr.trim().split('\n').at(-1)
  return { packets, replay, tcpdump, stages: stageCosts(prefixes, replay), memory, summary }
}

const costOf = (measurements) => ({
  wallSeconds: median(measurements, 'wallSeconds'),
  cpuSeconds: median(measurements, 'cpuSeconds'),
})

async function measureTcpdump(file) {
  const args = ['-r', file, '-w', '/dev/null']
  const costs = []
  let cpuSeconds = 0
  for (let run = 0; run < TCPDUMP_RUNS; run += 1) {
    costs.push(await measureChild('tcpdump', args))
    cpuSeconds += costs.at(-1).cpuSeconds
  }
  return { wallSeconds: median(costs, 'wallSeconds'), cpuSeconds: cpuSeconds / TCPDUMP_RUNS }
}

async function measureReplay(file) {
  const directory = mkdtempSync(join(tmpdir(), 'picket-bench-'))
  try {
    const config = join(directory, 'defaults.yaml')
    writeFileSync(config, '{}\n')
    const program = join(root, 'dist', 'main.js')
    const args = [program, 'replay', file, '--json', '--config', config, '--data-dir', directory]
    return await measureChild(process.execPath, args)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** What each stage adds to those before it; what replay adds to all of them is the record. */
function stageCosts(prefixes, replay) {
  let before = 0
  const costs = STAGES.map((name) => {
    const upTo = median(prefixes[name], 'cpuSeconds')
    const cpuSeconds = Math.max(0, upTo - before)
    before = upTo
    return { name, cpuSeconds }
  })
  const record = Math.max(0, replay.cpuSeconds - before)
  return [...costs, { name: 'record, and the start of the program', cpuSeconds: record }]
}
