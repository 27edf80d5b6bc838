/** detect/rules/evasion: packets are made so that whoever watches misreads them. */
import type { DetectConfig } from '../../config.ts'
import type { Detector, Emit } from '../../detector.ts'
import { FragmentEvasion } from './fragment-evasion.ts'
import { OddFlags } from './odd-flags.ts'
import { SegmentEvasion } from './segment-evasion.ts'
import { SelfAddressed } from './self-addressed.ts'
import { SourceRouting } from './source-routing.ts'

/** Makes the evasion detectors that the configuration enables. */
export function createEvasionDetectors(config: DetectConfig, emit: Emit): Detector[] {
  const { fragments, oddFlags, selfAddressed } = config
  const detectors: Detector[] = []
  if (fragments.enabled) detectors.push(new FragmentEvasion(fragments, emit))
  if (selfAddressed.enabled) detectors.push(new SelfAddressed(selfAddressed, emit))
  if (oddFlags.enabled) {
    detectors.push(new OddFlags(oddFlags, emit), new SourceRouting(oddFlags, emit))
    detectors.push(new SegmentEvasion(oddFlags, emit))
  }
  return detectors
}
