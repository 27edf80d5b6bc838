/** Flow: packets become flows, both directions of a conversation in one record. */
export { addressKey, ipv6Key } from './address-key.ts'
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
export { FlowShedding } from './shedding.ts'
