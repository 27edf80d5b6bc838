/** Decide: detections in, decisions out. */
export { alert, decide, isKindOf, policyFromConfig, type Policy } from './decide.ts'
export { inForce, readAllowlist } from './allowlist.ts'
export { isCovered, type SuppressionScope } from './suppress.ts'
export { unknownSubjects, untoldNames, type ToldNames, type UntoldName } from './untold-names.ts'
export { BlockBreaker } from './block-breaker.ts'
export type { Decision } from './decision.ts'
