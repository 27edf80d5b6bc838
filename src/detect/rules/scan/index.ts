/** detect/rules/scan: one host is tried on many ports. */
import type { DetectConfig } from '../../config.ts'
import type { Detector, Emit } from '../../detector.ts'
import { Fingerprint } from './fingerprint.ts'
import { IdleScan } from './idle-scan.ts'
import { ServiceProbing } from './service-probing.ts'
import { PortScan } from './port-scan.ts'

/** Makes the scan detectors that the configuration enables. */
export function createScanDetectors({ portScan }: DetectConfig, emit: Emit): Detector[] {
  if (!portScan.enabled) return []
  return [
    new PortScan(portScan, emit),
    new IdleScan(portScan, emit),
    new Fingerprint(emit),
    new ServiceProbing(emit),
  ]
}
