/**
 * Opens many flows at once, each a TCP connection with a request and an answer, and prints what they take
 * of memory as JSON.
 *
 * Usage: `node --expose-gc test/bench/children/live-flows.mjs table|sensor FLOWS`.
 */
import { validateConfig } from '../../../dist/config/index.js'
import { Decoder, Packet } from '../../../dist/decode/index.js'
import { FlowTable } from '../../../dist/flow/index.js'
import { benchSensor } from './sensor.mjs'
import { TcpFrames } from './tcp-frames.mjs'

const MAX_FLOWS = 2 ** 20
const START_US = 1_700_000_000_000_000
/** All of them within 200 s, well before an idle connection is given up. */
const SPREAD_US = 200_000_000
const [kind, flowsText] = process.argv.slice(2)
const flows = Number(flowsText)

const config = validateConfig({ flow: { maxFlows: MAX_FLOWS } }, 'the bench')

function table() {
  const nobody = { flowOpened() {}, flowAnswered() {}, flowEnded() {} }
  const decoder = new Decoder()
  const packet = new Packet()
  const table = new FlowTable(config.flow, nobody)
  const frame = (frame) => {
    decoder.decode(frame, packet)
    table.fold(packet)
  }
  return { frame, live: () => table.statistics.liveFlows }
}

function sensor() {
  const sensor = benchSensor(config, { keepsFlows: true })
  return { frame: sensor.frame, live: () => sensor.statistics().liveFlows }
}

/** Resident memory once what is no longer needed has been given back. */
function residentBytes() {
  globalThis.gc()
  globalThis.gc()
  return process.memoryUsage.rss()
}

const { frame, live } = { table, sensor }[kind]()
const frames = new TcpFrames()
const before = residentBytes()
for (let flow = 0; flow < flows; flow += 1) {
  const timeUs = START_US + Math.floor((flow / flows) * SPREAD_US)
  for (const each of frames.connection(flow, timeUs)) frame(each)
}
const after = residentBytes()
const result = { liveFlows: live(), bytesAFlow: (after - before) / flows, residentBytes: after }
process.stdout.write(JSON.stringify(result))
