/** What each stage costs: CPU, memory allocated, and time lost to garbage collection. */
import { floodCapture } from './captures.mjs'
import { allocationFlags } from './children/allocation-meter.mjs'
import { runOwnChild } from './measuring/measured-child.mjs'
import { measureReplay } from './contest/replay.mjs'
import { medians } from './measuring/statistics.mjs'
import { count, nanosecondsEach, percent, table } from './measuring/words.mjs'

/** In the order of the pipeline, each run with all that come before it. */
const STAGES = {
  capture: 'capture',
  decode: 'decode',
  flow: 'flow',
  rules: 'features and rules',
  forests: 'both forests',
  records: 'flow records',
}

/**
 * Measures the pipeline up to each stage, and then all of it, over one capture.
 *
 * Shape: medians of the rounds; a stage's own cost is the difference to the stage before.
 */
export async function measureStages({ capture, rounds }) {
  const runs = { start: [], replay: [] }
  const { path } = capture
  for (let round = 1; round <= rounds; round += 1) {
    for (const stage of Object.keys(STAGES)) {
      process.stderr.write(`  round ${round} of ${rounds}: ${STAGES[stage]}\n`)
      const cost = await runOwnChild('stage.mjs', [stage, path])
      const warm = [stage, path, Math.floor(cost.packets / 2)]
      const allocation = await runOwnChild('stage.mjs', warm, { flags: allocationFlags })
      runs[stage] = [...(runs[stage] ?? []), { ...cost, ...allocation }]
    }
    process.stderr.write(`  round ${round} of ${rounds}: all of it\n`)
    runs.replay.push(await measureReplay(path))
    runs.start.push(await measureReplay(floodCapture(1).path))
  }
  const { start, replay, ...ofStages } = runs
  const stages = Object.entries(ofStages).map(([stage, costs]) => [stage, medians(costs)])
  return {
    capture,
    start: medians(start),
    replay: medians(replay),
    stages: Object.fromEntries(stages),
  }
}

/** Renders one capture's stages. */
export function renderStages({ capture, start, replay, stages }) {
  const { packets, flows } = stages.records
  const share = (seconds) => percent(seconds / replay.cpuSeconds)
  let before = 0
  const rows = Object.entries(STAGES).map(([key, name]) => {
    const { cpuSeconds, wallSeconds, gcSeconds, bytesAPacket } = stages[key]
    const own = Math.max(0, cpuSeconds - before)
    before = cpuSeconds
    const gc = percent(gcSeconds / wallSeconds)
    // Too short a capture to look twice has no figure.
    const allocated = bytesAPacket === null ? '' : `${count(bytesAPacket)} B`
    return [name, nanosecondsEach(own, packets), share(own), allocated, gc]
  })
  const record = Math.max(0, replay.cpuSeconds - before - start.cpuSeconds)
  const gc = percent(replay.gcSeconds / replay.wallSeconds)
  const allocated = `${count(replay.allocatedBytes / packets)} B`
  rows.push(['record', nanosecondsEach(record, packets), share(record), allocated, gc])
  const startCosts = nanosecondsEach(start.cpuSeconds, packets)
  rows.push(['start and end of the program', startCosts, share(start.cpuSeconds), '', ''])
  const heads = ['stage', 'CPU a packet', 'share', 'allocated a packet, up to here']
  return `${count(packets)} packets in ${count(flows)} flows: ${capture.words}.

${table([...heads, 'GC of wall time, up to here'], rows)}

- All of it costs ${nanosecondsEach(replay.cpuSeconds, packets)} of CPU a packet, ${nanosecondsEach(replay.cpuSeconds, flows)} a flow.
- Allocation and garbage collection are those of the thread that reads packets. Allocation is counted from the middle
  of the capture on, when all is warm; in the row of the record from the start of the program. The record's threads allocate ${count(replay.allocatedBytesOfRecord / packets)} B a packet
  and stand still for ${percent(replay.gcSecondsOfRecord / replay.wallSeconds)} of the time.
`
}
