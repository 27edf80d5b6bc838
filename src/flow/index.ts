/** Flow: packets become flows, both directions of a conversation in one record. */
export { addressKey } from './address-key.ts'
export { communityId, type FlowTuple } from './community-id.ts'
export {
  APPLICATIONS,
  CONN_STATES,
  END_REASONS,
  type Application,
  type ConnState,
  type EndReason,
  type ApplicationFact,
  type ApplicationFacts,
  type Flow,
  type FlowObserver,
  type LiveFlow,
} from './flow.ts'
export { FlowTable, type FlowStatistics, type FlowTableOptions } from './flow-table.ts'
export { addressHash, holdsHash, summarise } from './batch/batch-summary.ts'
export { batchFlows } from './batch/batch-flows.ts'
export { FlowBatch, type FlowEnds } from './batch/flow-batch.ts'
export { withProcesses } from './batch/with-processes.ts'
export { FlowBatchWriter, type FlowScores } from './batch/flow-batch-writer.ts'
export { flowTest, type FlowFilter } from './batch/flow-filter.ts'
export { joinBatches } from './batch/join-batches.ts'
export { FlowShedding } from './shedding.ts'
