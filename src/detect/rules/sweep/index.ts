/** detect/rules/sweep: many hosts are tried on few ports. */
import type { DetectConfig } from '../../config.ts'
import type { Detector, Emit } from '../../detector.ts'
import { ArpSweep } from './arp-sweep.ts'
import { Sweep } from './sweep.ts'

/** Makes the sweep detectors that the configuration enables. */
export function createSweepDetectors({ sweep }: DetectConfig, emit: Emit): Detector[] {
  return sweep.enabled ? [new Sweep(sweep, emit), new ArpSweep(sweep, emit)] : []
}
