/** What the behaviour detectors may be told: a section each, declared beside the detector. */
import { fragmentsConfig } from './evasion/config.ts'
import {
  formBruteforceConfig,
  loginBruteforceConfig,
  rdpBruteforceConfig,
  sshBruteforceConfig,
} from './bruteforce/config.ts'
import { synFloodConfig } from './flood/config.ts'
import { portScanConfig } from './scan/config.ts'
import { sweepConfig } from './sweep/config.ts'

export const ruleSections = {
  portScan: portScanConfig,
  sweep: sweepConfig,
  synFlood: synFloodConfig,
  fragments: fragmentsConfig,
  sshBruteforce: sshBruteforceConfig,
  loginBruteforce: loginBruteforceConfig,
  formBruteforce: formBruteforceConfig,
  rdpBruteforce: rdpBruteforceConfig,
}
