/** detect/rules/scan: one host is tried on many ports, or a few on several. */
import type { DetectConfig } from '../../config.ts'
import type { Detector, Emit } from '../../detector.ts'
import { AnsweredScan } from './answered-scan.ts'
import { BlockScan } from './block-scan.ts'
import { ControllerSearch } from './controller-search.ts'
import { FileGuessing } from './file-guessing.ts'
import { Fingerprint } from './fingerprint.ts'
import { IdleScan } from './idle-scan.ts'
import { MailUsers } from './mail-users.ts'
import { NameGuessing } from './name-guessing.ts'
import { ServiceProbing } from './service-probing.ts'
import { PortScan } from './port-scan.ts'
import { SipAbuse } from './sip-abuse.ts'
import { UnreachableScan } from './unreachable-scan.ts'

/** Makes the scan detectors that the configuration enables. */
export function createScanDetectors(config: DetectConfig, emit: Emit): Detector[] {
  const { portScan, sipAbuse, nameGuessing, mailUsers } = config
  const scans = [
    new PortScan(portScan, emit),
    new AnsweredScan(portScan, emit),
    new BlockScan(portScan, emit),
    new UnreachableScan(portScan, emit),
    new IdleScan(portScan, emit),
    new FileGuessing(portScan, emit),
    new Fingerprint(emit),
    new ServiceProbing(emit),
    new ControllerSearch(portScan, emit),
  ]
  return [
    ...(portScan.enabled ? scans : []),
    ...(sipAbuse.enabled ? [new SipAbuse(sipAbuse, emit)] : []),
    ...(nameGuessing.enabled ? [new NameGuessing(nameGuessing, emit)] : []),
    ...(mailUsers.enabled ? [new MailUsers(mailUsers, emit)] : []),
  ]
}
