/**
 * Finished flows in batches: how they leave the sensor, are named, wait for the disk and lie in the log.
 *
 * A door of its own, so that the threads of the record load none of what decodes packets.
 */
export type { Flow } from '../flow.ts'
export { batchFlows } from './batch-flows.ts'
export { addressHash, holdsHash, summarise } from './batch-summary.ts'
export { FlowBatch, type FlowEnds } from './flow-batch.ts'
export { FlowBatchWriter, type FlowScores } from './flow-batch-writer.ts'
export { FlowTally, type FlowGroup } from './flow-groups.ts'
export { flowTest, type FlowFilter } from './flow-filter.ts'
export { joinBatches } from './join-batches.ts'
export { withProcesses } from './with-processes.ts'
