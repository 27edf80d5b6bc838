/** Flow: packets become flows, both directions of a conversation in one record. */
export { addressKey, ipv6Key, isIpv6Key } from './address-key.ts'
export { secretDigestOf } from './application/login/secret-digest.ts'
export { dnsRcodeName } from './application/network/dns/dns-names.ts'
export { communityId } from './community-id.ts'
export {
  APPLICATIONS,
  type EndReason,
  type ApplicationFact,
  type ApplicationFacts,
  type Flow,
  type LiveFlow,
} from './flow.ts'
export { FlowTable, type FlowStatistics } from './flow-table.ts'
export { FlowShedding } from './shedding.ts'
