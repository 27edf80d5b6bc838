/** What the behaviour detectors may be told: a section each, declared beside the detector. */
import {
  misusedReflectorConfig,
  reflectionConfig,
  tcpReflectionConfig,
} from './amplification/config.ts'
import { fragmentsConfig } from './evasion/config.ts'
import {
  formBruteforceConfig,
  loginBruteforceConfig,
  rdpBruteforceConfig,
  sshBruteforceConfig,
} from './bruteforce/config.ts'
import {
  connectionFloodConfig,
  dhcpFloodConfig,
  fragmentFloodConfig,
  icmpFloodConfig,
  slowHttpConfig,
  strayFloodConfig,
  synFloodConfig,
} from './flood/config.ts'
import { portScanConfig } from './scan/config.ts'
import { sweepConfig } from './sweep/config.ts'

export const ruleSections = {
  portScan: portScanConfig,
  sweep: sweepConfig,
  synFlood: synFloodConfig,
  strayFlood: strayFloodConfig,
  icmpFlood: icmpFloodConfig,
  fragmentFlood: fragmentFloodConfig,
  dhcpFlood: dhcpFloodConfig,
  connectionFlood: connectionFloodConfig,
  slowHttp: slowHttpConfig,
  reflection: reflectionConfig,
  tcpReflection: tcpReflectionConfig,
  misusedReflector: misusedReflectorConfig,
  fragments: fragmentsConfig,
  sshBruteforce: sshBruteforceConfig,
  loginBruteforce: loginBruteforceConfig,
  formBruteforce: formBruteforceConfig,
  rdpBruteforce: rdpBruteforceConfig,
}
