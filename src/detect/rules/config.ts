/** What the behaviour detectors may be told: a section each, declared beside the detector. */
import { fragmentsConfig } from './evasion/config.ts'
import { ftpBruteforceConfig, sshBruteforceConfig } from './bruteforce/config.ts'
import { c2Config, iotBotConfig } from './c2/config.ts'
import { synFloodConfig } from './flood/config.ts'
import { portScanConfig } from './scan/config.ts'
import { sweepConfig } from './sweep/config.ts'

export const ruleSections = {
  portScan: portScanConfig,
  sweep: sweepConfig,
  synFlood: synFloodConfig,
  fragments: fragmentsConfig,
  sshBruteforce: sshBruteforceConfig,
  ftpBruteforce: ftpBruteforceConfig,
  c2: c2Config,
  iotBot: iotBotConfig,
}
