/** Runs a capture file through flows and the forests alone, and gives what they tell. */
import { openPcapFile } from '../../../src/capture/index.ts'
import { defaultsOf } from '../../../src/config/defaults.ts'
import { Decoder, Packet } from '../../../src/decode/index.ts'
import type { Detection } from '../../../src/detect/detection.ts'
import { isolationForestConfig, randomForestConfig } from '../../../src/detect/models/config.ts'
import { FlowScorer } from '../../../src/detect/models/index.ts'
import { flowConfig } from '../../../src/flow/config.ts'
import { FlowTable, type LiveFlow } from '../../../src/flow/index.ts'

/** The detections of the random forest, given as the text of its file; null for none. */
export async function detectionsIn(
  file: string,
  randomForest: string | null,
): Promise<Detection[]> {
  const detections: Detection[] = []
  const config = {
    isolationForest: defaultsOf(isolationForestConfig),
    randomForest: defaultsOf(randomForestConfig),
  }
  const scorer = new FlowScorer(config as never, {
    models: { isolationForest: null, randomForest },
    emit: (each) => detections.push(each),
  })
  const table = new FlowTable(defaultsOf(flowConfig) as never, {
    flowOpened: (flow: LiveFlow) => scorer.flowOpened(flow),
    flowAnswered: (flow: LiveFlow) => scorer.flowAnswered(flow),
    flowEnded: (flow: LiveFlow, reason) => void scorer.flowEnded(flow, reason),
  })
  const decoder = new Decoder()
  const packet = new Packet()
  await openPcapFile(file).run((frame) => {
    decoder.decode(frame, packet)
    table.fold(packet)
  })
  table.end()
  scorer.end(packet.timestampUs)
  return detections
}
