/** detect/rules: detectors of behaviour, each told by what it does and not by whose address it bears. */
import type { DetectConfig } from '../config.ts'
import type { Detector, Emit } from '../detector.ts'
import { createAmplificationDetectors } from './amplification/index.ts'
import { createBruteforceDetectors } from './bruteforce/index.ts'
import { createC2Detectors } from './c2/index.ts'
import { createEvasionDetectors } from './evasion/index.ts'
import { createExfiltrationDetectors } from './exfiltration/index.ts'
import { createExploitDetectors } from './exploit/index.ts'
import { createFloodDetectors } from './flood/index.ts'
import { createLateralDetectors } from './lateral/index.ts'
import { createScanDetectors } from './scan/index.ts'
import { createSpoofingDetectors } from './spoofing/index.ts'
import { createSweepDetectors } from './sweep/index.ts'
import { createTunnelDetectors } from './tunnel/index.ts'
import { createWebDetectors } from './web/index.ts'

const families = [
  createScanDetectors,
  createSweepDetectors,
  createFloodDetectors,
  createAmplificationDetectors,
  createEvasionDetectors,
  createSpoofingDetectors,
  createBruteforceDetectors,
  createTunnelDetectors,
  createExfiltrationDetectors,
  createWebDetectors,
  createExploitDetectors,
  createLateralDetectors,
  createC2Detectors,
]

/** Makes every detector of behaviour that the configuration enables, in the order they are to be called. */
export function createRuleDetectors(config: DetectConfig, emit: Emit): Detector[] {
  return families.flatMap((createDetectors) => createDetectors(config, emit))
}
