/**
 * Runs the pipeline up to one stage over a capture, in a process of its own, and prints what it cost as
 * JSON. The cost of a stage is the difference to the stage before.
 *
 * Usage: `node test/bench/stages.mjs STAGE FILE`.
 */
import { openPcapFile } from '../../dist/capture/index.js'
import { validateConfig } from '../../dist/config/index.js'
import { silentLog } from '../../dist/core/log.js'
import { Decoder, Packet } from '../../dist/decode/index.js'
import { loadShippedModels } from '../../dist/detect/models/index.js'
import { FlowBatchWriter, FlowTable } from '../../dist/flow/index.js'
import { createSensor } from '../../dist/sensor.js'

const config = validateConfig({}, 'defaults')

/** In the order of the pipeline; each gives what takes a frame, and what is called at the end. */
const stages = {
  capture() {
    return { frame: () => undefined, end: () => undefined }
  },
  decode() {
    const decoder = new Decoder()
    const packet = new Packet()
    return { frame: (frame) => decoder.decode(frame, packet), end: () => undefined }
  },
  flow() {
    const decoder = new Decoder()
    const packet = new Packet()
    const nobody = { flowOpened() {}, flowAnswered() {}, flowEnded() {} }
    const table = new FlowTable(config.flow, nobody)
    const frame = (frame) => {
      decoder.decode(frame, packet)
      table.fold(packet)
    }
    return { frame, end: () => table.end() }
  },
  detect() {
    return sensor(false)
  },
  'flow records'() {
    return sensor(true)
  },
}

function sensor(wantsFlows) {
  return createSensor({
    flow: config.flow,
    detect: config.detect,
    models: loadShippedModels(silentLog, config.detect.randomForest.model),
    seed: 1,
    flows: wantsFlows ? batches() : null,
    flowsPerStory: 1000,
    onDetection: () => undefined,
    onModelLearned: () => undefined,
  })
}

function batches() {
  const writer = new FlowBatchWriter('bench', 1024)
  return {
    add(flow, reason, scores) {
      writer.add(flow, reason, scores)
      if (writer.isFull) writer.take()
    },
  }
}

const [stage, file] = process.argv.slice(2)
const { frame, end } = stages[stage]()
const source = openPcapFile(file)
const cpuBefore = process.cpuUsage()
const startedAt = performance.now()
await source.run(frame)
end()
const wallSeconds = (performance.now() - startedAt) / 1000
const { user, system } = process.cpuUsage(cpuBefore)
const maxRssMegabytes = Math.round(process.resourceUsage().maxRSS / 1024)
const cost = { wallSeconds, cpuSeconds: (user + system) / 1e6, maxRssMegabytes }
process.stdout.write(JSON.stringify({ ...cost, packets: source.statistics().frames }))
