/** detect/rules/sweep: many hosts are tried on few ports. */
import type { DetectConfig } from '../../config.ts'
import type { Detector, Emit } from '../../detector.ts'
import { ArpSweep } from './neighbours/arp-sweep.ts'
import { MulticastEcho } from './neighbours/multicast-echo.ts'
import { NeighbourSweep } from './neighbours/neighbour-sweep.ts'
import { Sweep } from './sweep.ts'

/** Makes the sweep detectors that the configuration enables. */
export function createSweepDetectors({ sweep }: DetectConfig, emit: Emit): Detector[] {
  if (!sweep.enabled) return []
  return [
    new Sweep(sweep, emit),
    new ArpSweep(sweep, emit),
    new NeighbourSweep(sweep, emit),
    new MulticastEcho(sweep, emit),
  ]
}
