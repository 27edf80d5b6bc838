/** detect: what is seen becomes claims. Behaviour detectors watch flows and packets; models score flows. */
import type { DetectConfig } from './config.ts'
import type { Detector, Emit } from './detector.ts'
import { Detectors } from './detectors.ts'
import { createRuleDetectors } from './rules/index.ts'
import { compileRules, SigmaDetector, type RuleText } from './sigma/index.ts'

export type { Detection, Family, PacketEvidence, Reason } from './detection.ts'
export type { Detector, Emit } from './detector.ts'
export { detectConfig, type DetectConfig } from './config.ts'
export * from './models/index.ts'
export { IndicatorWatch } from './intel/indicator-watch.ts'
export type { IndicatorTables } from './intel/indicator-table.ts'
export * from './sigma/index.ts'
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
  knowing: readonly (Detector | null)[] = [],
): Detectors {
  const detectors: readonly (Detector | null)[] = [...createRuleDetectors(config, emit), ...knowing]
  return new Detectors(detectors.filter((detector) => detector !== null))
}

/** Makes the detector of Sigma rules, where the configuration enables it. */
export function createSigmaDetector(
  { sigma }: DetectConfig,
  rules: readonly RuleText[],
  emit: Emit,
): SigmaDetector | null {
  return sigma.enabled ? new SigmaDetector(compileRules(rules, sigma), emit) : null
}
