/** The sensor as the agent wires it, with nobody to listen: what it tells is made and dropped. */
import { silentLog } from '../../../dist/core/log/log.js'
import { loadShippedModels } from '../../../dist/detect/models/index.js'
import { FlowBatchWriter } from '../../../dist/flow/batch/index.js'
import { createSensor } from '../../../dist/sensor/sensor.js'

const FLOWS_A_BATCH = 1024

/** Makes a sensor that keeps finished flows, or makes no record of them. */
export function benchSensor(config, { keepsFlows }) {
  return createSensor({
    flow: config.flow,
    detect: config.detect,
    models: loadShippedModels(silentLog, config.detect.randomForest.model),
    seed: 1,
    flows: keepsFlows ? batches() : null,
    flowsPerStory: config.record.flowsPerStory,
    onDetection: () => undefined,
    onModelLearned: () => undefined,
  })
}

function batches() {
  const writer = new FlowBatchWriter('bench', FLOWS_A_BATCH)
  return {
    add(flow, reason, scores) {
      writer.add(flow, reason, scores)
      if (writer.isFull) writer.take()
    },
  }
}
