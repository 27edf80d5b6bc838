/** detect: what is seen becomes claims. Behaviour detectors watch flows and packets; models score flows. */
import type { DetectConfig } from './config.ts'
import type { Detector, Emit } from './detector.ts'
import { createRuleDetectors } from './rules/index.ts'

export type { Detection, Family, Reason } from './detection.ts'
export type { Detector, Emit } from './detector.ts'
export { detectConfig, type DetectConfig } from './config.ts'
export * from './models/index.ts'
export { ToldFlows } from './told-flows.ts'

/**
 * Makes the detectors that the configuration enables, in the order in which they are to be called.
 *
 * The forests score flows through `FlowScorer`, apart from these.
 */
export function createDetectors(config: DetectConfig, emit: Emit): Detector[] {
  return createRuleDetectors(config, emit)
}
