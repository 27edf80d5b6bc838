/** A keeper of flows that has them all at hand, as records. */
import type { EndReason, Flow, LiveFlow } from '../../../src/flow/flow.ts'
import { FlowBatchWriter, type FlowScores } from '../../../src/flow/batch/index.ts'
import type { FlowKeeper } from '../../../src/sensor/sensor.ts'

export class KeptFlows implements FlowKeeper {
  readonly flows: Flow[] = []
  readonly #batch = new FlowBatchWriter('test', 1)

  add(flow: LiveFlow, reason: EndReason, scores: FlowScores): void {
    this.#batch.add(flow, reason, scores)
    this.flows.push(this.#batch.take()!.flow(0))
  }
}
