/** detect: what is seen becomes claims. Behaviour detectors watch flows and packets; models score flows. */
import type { DetectConfig } from './config.ts'
import type { Emit } from './detector.ts'
import { Detectors } from './detectors.ts'
import { createRuleDetectors } from './rules/index.ts'
import { compileRules, SigmaDetector, type RuleText } from './sigma/index.ts'

export type { Detection, Family, Reason } from './detection.ts'
export type { Detector, Emit } from './detector.ts'
export { detectConfig, type DetectConfig } from './config.ts'
export * from './models/index.ts'
export * from './sigma/index.ts'
export type { Detectors } from './detectors.ts'
export { ToldFlows } from './told-flows.ts'

/**
 * Makes the detectors that the configuration enables; `sigma` goes last.
 *
 * The forests score flows through `FlowScorer`, apart from these.
 */
export function createDetectors(
  config: DetectConfig,
  emit: Emit,
  sigma: SigmaDetector | null = null,
): Detectors {
  const detectors = createRuleDetectors(config, emit)
  return new Detectors(sigma === null ? detectors : [...detectors, sigma])
}

/** Makes the detector of Sigma rules, where the configuration enables it. */
export function createSigmaDetector(
  { sigma: { enabled, disabled } }: DetectConfig,
  rules: readonly RuleText[],
  emit: Emit,
): SigmaDetector | null {
  return enabled ? new SigmaDetector(compileRules(rules, disabled), emit) : null
}
