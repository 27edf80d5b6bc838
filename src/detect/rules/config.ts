/** What the behaviour detectors may be told: a section each, declared beside the detector. */
import { fragmentsConfig, selfAddressedConfig } from './evasion/config.ts'
import { ftpBruteforceConfig, sshBruteforceConfig } from './bruteforce/config.ts'
import { synFloodConfig } from './flood/config.ts'
import { portScanConfig } from './scan/config.ts'
import {
  dhcpSpoofingConfig,
  nameSpoofingConfig,
  neighbourSpoofingConfig,
  routerSpoofingConfig,
} from './spoofing/config.ts'
import { sweepConfig } from './sweep/config.ts'

export const ruleSections = {
  portScan: portScanConfig,
  sweep: sweepConfig,
  synFlood: synFloodConfig,
  fragments: fragmentsConfig,
  selfAddressed: selfAddressedConfig,
  neighbourSpoofing: neighbourSpoofingConfig,
  routerSpoofing: routerSpoofingConfig,
  dhcpSpoofing: dhcpSpoofingConfig,
  nameSpoofing: nameSpoofingConfig,
  sshBruteforce: sshBruteforceConfig,
  ftpBruteforce: ftpBruteforceConfig,
}
