/**
 * Runs the pipeline up to one stage over a capture, in a process of its own, and prints what it cost as
 * JSON. The cost of a stage is the difference to the stage before.
 *
 * Usage: `node test/bench/children/stage.mjs STAGE FILE [WARM_PACKETS]`. With WARM_PACKETS it measures, from
 * that packet on, what is allocated instead of time; this needs `allocationFlags` of `allocation-meter.mjs`.
 */
import { openPcapFile } from '../../../dist/capture/index.js'
import { validateConfig } from '../../../dist/config/index.js'
import { Decoder, Packet } from '../../../dist/decode/index.js'
import { FlowTable } from '../../../dist/flow/index.js'
import { AllocationMeter } from './allocation-meter.mjs'
import { GcWatch } from './gc-watch.mjs'
import { benchSensor } from './sensor.mjs'

const PACKETS_A_LOOK = 8192
const configWith = (detect) => validateConfig({ detect }, 'the bench')
const rulesOnly = configWith({
  isolationForest: { enabled: false },
  randomForest: { enabled: false },
})
const bothForests = configWith({ isolationForest: { minimumMinutes: 0 } })

/** In the order of the pipeline; each gives what takes a frame, what is called at the end, and the flows opened. */
const stages = {
  capture() {
    return { frame: () => undefined, end: () => undefined, flows: () => 0 }
  },
  decode() {
    const decoder = new Decoder()
    const packet = new Packet()
    const frame = (frame) => decoder.decode(frame, packet)
    return { frame, end: () => undefined, flows: () => 0 }
  },
  flow() {
    const decoder = new Decoder()
    const packet = new Packet()
    const nobody = { flowOpened() {}, flowAnswered() {}, flowEnded() {} }
    const table = new FlowTable(rulesOnly.flow, nobody)
    const frame = (frame) => {
      decoder.decode(frame, packet)
      table.fold(packet)
    }
    return { frame, end: () => table.end(), flows: () => table.statistics.opened }
  },
  rules: () => sensor(rulesOnly, false),
  forests: () => sensor(bothForests, false),
  records: () => sensor(bothForests, true),
}

function sensor(config, keepsFlows) {
  const sensor = benchSensor(config, { keepsFlows })
  const { frame, end } = sensor
  return { frame, end, flows: () => sensor.statistics().openedFlows }
}

async function measureTime(source, { frame, end, flows }) {
  const gc = new GcWatch()
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  await source.run(frame)
  end()
  const wallSeconds = (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(cpuBefore)
  const gcSeconds = await gc.seconds()
  const peakBytes = process.resourceUsage().maxRSS * 1024
  const { frames: packets } = source.statistics()
  return {
    wallSeconds,
    cpuSeconds: (user + system) / 1e6,
    gcSeconds,
    peakBytes,
    packets,
    flows: flows(),
  }
}

async function measureAllocation(source, { frame }, warmPackets) {
  const meter = new AllocationMeter()
  let packets = 0
  await source.run((each) => {
    frame(each)
    packets += 1
    if (packets >= warmPackets && packets % PACKETS_A_LOOK === 0) meter.look()
  })
  return { bytesAPacket: meter.bytesALook() / PACKETS_A_LOOK, ...meter.statistics() }
}

const [name, file, warmPackets] = process.argv.slice(2)
const stage = stages[name]()
const source = openPcapFile(file)
const figures =
  warmPackets === undefined
    ? await measureTime(source, stage)
    : await measureAllocation(source, stage, Number(warmPackets))
process.stdout.write(JSON.stringify(figures))
