/** detect: what is seen becomes claims. Behaviour detectors watch flows and packets; models score flows. */
import type { DetectConfig } from './config.ts'
import type { Detector, Emit } from './detector.ts'
import { Detectors } from './detectors.ts'
import { createRuleDetectors } from './rules/index.ts'

export type { Detection, Family, PacketEvidence, Reason } from './detection.ts'
export type { Detector, Emit } from './detector.ts'
export { detectConfig, type DetectConfig } from './config.ts'
export * from './models/index.ts'
export { IndicatorWatch } from './intel/indicator-watch.ts'
export type { IndicatorTables } from './intel/indicator-table.ts'
export type { Detectors } from './detectors.ts'
export { ToldFlows } from './told-flows.ts'

/**
 * Makes the detectors that the configuration enables, with those that know more than configuration says.
 *
 * The forests score flows through `FlowScorer`, apart from these.
 */
export function createDetectors(
  config: DetectConfig,
  emit: Emit,
  knowing: readonly Detector[] = [],
): Detectors {
  return new Detectors([...createRuleDetectors(config, emit), ...knowing])
}
