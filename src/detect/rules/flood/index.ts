/** detect/rules/flood: a host is drowned. */
import type { DetectConfig } from '../../config.ts'
import type { Detector, Emit } from '../../detector.ts'
import { SynFlood } from './syn-flood.ts'

/** Makes the flood detectors that the configuration enables. */
export function createFloodDetectors({ synFlood }: DetectConfig, emit: Emit): Detector[] {
  return synFlood.enabled ? [new SynFlood(synFlood, emit)] : []
}
