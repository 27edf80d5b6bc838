/** detect/rules/lateral: from one Windows host to the next. */
import type { DetectConfig } from '../../config.ts'
import type { Detector, Emit } from '../../detector.ts'
import { DirectorySearch } from './directory-search.ts'
import { DomainTheft } from './domain-theft.ts'
import { NtlmRelay } from './ntlm-relay.ts'
import { RemoteControl } from './remote-control.ts'
import { SmbTools } from './smb-tools.ts'
import { TicketTheft } from './ticket-theft.ts'

/** Makes the detectors of lateral movement that the configuration enables. */
export function createLateralDetectors(config: DetectConfig, emit: Emit): Detector[] {
  const { remoteControl, domainTheft } = config
  return [
    ...(remoteControl.enabled
      ? [new RemoteControl(remoteControl, emit), new SmbTools(remoteControl, emit)]
      : []),
    ...(domainTheft.enabled
      ? [
          new DomainTheft(domainTheft, emit),
          new TicketTheft(domainTheft, emit),
          new DirectorySearch(domainTheft, emit),
          new NtlmRelay(domainTheft, emit),
        ]
      : []),
  ]
}
