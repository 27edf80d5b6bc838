/** Decide: detections in, decisions out. */
export { alert, decide, policyFromConfig, type Policy } from './decide.ts'
export { inForce, readAllowlist } from './allowlist.ts'
export { isCovered, type SuppressionScope } from './suppress.ts'
export { unknownSubjects, type ToldNames } from './rule-subjects.ts'
export { BlockBreaker } from './block-breaker.ts'
export type { Decision } from './decision.ts'
