/** detect/rules/scan: one host is tried on many ports, or a few on several. */
import type { DetectConfig } from '../../config.ts'
import type { Detector, Emit } from '../../detector.ts'
import { AddressWalking } from './names/address-walking.ts'
import { AnsweredScan } from './ports/answered-scan.ts'
import { BlockScan } from './ports/block-scan.ts'
import { CipherListing } from './services/cipher-listing.ts'
import { ControllerSearch } from './services/controller-search.ts'
import { FileGuessing } from './names/file-guessing.ts'
import { Fingerprint } from './services/fingerprint.ts'
import { IdleScan } from './ports/idle-scan.ts'
import { MailUsers } from './names/mail-users.ts'
import { NameGuessing } from './names/name-guessing.ts'
import { ServiceProbing } from './services/service-probing.ts'
import { PortScan } from './ports/port-scan.ts'
import { SipAbuse } from './services/sip-abuse.ts'
import { UnreachableScan } from './ports/unreachable-scan.ts'

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
    new AddressWalking(portScan, emit),
    new Fingerprint(emit),
    new ServiceProbing(emit),
    new CipherListing(emit),
    new ControllerSearch(portScan, emit),
  ]
  return [
    ...(portScan.enabled ? scans : []),
    ...(sipAbuse.enabled ? [new SipAbuse(sipAbuse, emit)] : []),
    ...(nameGuessing.enabled ? [new NameGuessing(nameGuessing, emit)] : []),
    ...(mailUsers.enabled ? [new MailUsers(mailUsers, emit)] : []),
  ]
}
