/** What the behaviour detectors may be told: a section each, declared beside the detector. */
import { fragmentsConfig } from './evasion/config.ts'
import { ftpBruteforceConfig, sshBruteforceConfig } from './bruteforce/config.ts'
import {
  heartbleedConfig,
  log4shellConfig,
  programDownloadConfig,
  serviceExploitsConfig,
  shellConfig,
} from './exploit/config.ts'
import { synFloodConfig } from './flood/config.ts'
import { domainTheftConfig, remoteControlConfig } from './lateral/config.ts'
import { portScanConfig } from './scan/config.ts'
import { sweepConfig } from './sweep/config.ts'
import { webAttacksConfig, webScannerConfig } from './web/config.ts'

export const ruleSections = {
  portScan: portScanConfig,
  sweep: sweepConfig,
  synFlood: synFloodConfig,
  fragments: fragmentsConfig,
  sshBruteforce: sshBruteforceConfig,
  ftpBruteforce: ftpBruteforceConfig,
  webAttacks: webAttacksConfig,
  webScanner: webScannerConfig,
  log4shell: log4shellConfig,
  heartbleed: heartbleedConfig,
  shells: shellConfig,
  programDownload: programDownloadConfig,
  serviceExploits: serviceExploitsConfig,
  remoteControl: remoteControlConfig,
  domainTheft: domainTheftConfig,
}
