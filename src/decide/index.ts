/** Decide: detections in, decisions out. */
export { alert, decide, isKindOf, policyFromConfig, type Policy } from './decide.ts'
export { inForce, readAllowlist } from './allowlist.ts'
export { isCovered, type SuppressionScope } from './suppress.ts'
export { BlockBreaker } from './block-breaker.ts'
export type { Decision, Verdict } from './decision.ts'
