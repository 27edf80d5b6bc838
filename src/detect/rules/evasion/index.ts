/** detect/rules/evasion: packets are made so that whoever watches misreads them. */
import type { DetectConfig } from '../../config.ts'
import type { Detector, Emit } from '../../detector.ts'
import { FragmentEvasion } from './fragment-evasion.ts'

/** Makes the evasion detectors that the configuration enables. */
export function createEvasionDetectors({ fragments }: DetectConfig, emit: Emit): Detector[] {
  return fragments.enabled ? [new FragmentEvasion(fragments, emit)] : []
}
