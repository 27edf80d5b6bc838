/**
 * Sends a flood through a whole sensor, in a process of its own, so that its memory can be told; prints what
 * came out as JSON.
 *
 * Usage: `node test/support/captures/flooded-sensor.mjs KIND FRAMES`.
 */
import { validateConfig } from '../../../dist/config/index.js'
import { silentLog } from '../../../dist/core/log/log.js'
import { loadShippedModels } from '../../../dist/detect/models/index.js'
import { FlowBatchWriter } from '../../../dist/flow/batch/index.js'
import { createSensor } from '../../../dist/sensor/sensor.js'
import { isHonest, sendFlood } from './floods.mjs'

const [kind, count] = process.argv.slice(2)
const config = validateConfig({}, 'defaults')
const told = new Map()
const conversations = []
let records = 0
const batch = new FlowBatchWriter('flood', 1)
function add(flow, reason, scores) {
  batch.add(flow, reason, scores)
  const record = batch.take().flow(0)
  records += 1
  if (isHonest(record)) conversations.push(record)
}
const sensor = createSensor({
  flow: config.flow,
  detect: config.detect,
  models: loadShippedModels(silentLog, config.detect.randomForest.model),
  seed: 1,
  flows: { add },
  flowsPerStory: 1000,
  onDetection: (detection) => told.set(detection.id, detection),
  onModelLearned: () => undefined,
})
const startedAt = performance.now()
const expected = sendFlood(kind, Number(count), (frame) => sensor.frame(frame))
const floodSeconds = (performance.now() - startedAt) / 1000
const statistics = sensor.statistics()
sensor.end()

const isWhole = (flow) =>
  flow.originatorPackets + flow.responderPackets === expected.get(flow.originatorPort)
process.stdout.write(
  JSON.stringify({
    seconds: floodSeconds,
    maxResidentBytes: process.resourceUsage().maxRSS * 1024,
    expectedConversations: expected.size,
    conversations: conversations.length,
    wholeConversations: new Set(conversations.filter(isWhole).map((flow) => flow.originatorPort))
      .size,
    ends: [...new Set(conversations.map((flow) => `${flow.connState} ${flow.endReason}`))],
    records,
    statistics,
    events: [...told.values()].map(({ kind, attacker, victims, count, summary }) => ({
      ...{ kind, attacker, victims, count, summary },
    })),
  }),
)
