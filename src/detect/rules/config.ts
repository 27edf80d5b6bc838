/** What the behaviour detectors may be told: a section each, declared beside the detector. */
import {
  misusedReflectorConfig,
  reflectionConfig,
  tcpReflectionConfig,
} from './amplification/config.ts'
import {
  formBruteforceConfig,
  loginBruteforceConfig,
  rdpBruteforceConfig,
  sshBruteforceConfig,
} from './bruteforce/config.ts'
import {
  c2Config,
  iotBotConfig,
  madeUpDomainsConfig,
  minerConfig,
  spamBotConfig,
} from './c2/config.ts'
import { fragmentsConfig, oddFlagsConfig, selfAddressedConfig } from './evasion/config.ts'
import { stealersConfig, uploadConfig } from './exfiltration/config.ts'
import {
  heartbleedConfig,
  log4shellConfig,
  massRenameConfig,
  programDownloadConfig,
  rawCommandsConfig,
  serviceExploitsConfig,
  shellsConfig,
} from './exploit/config.ts'
import {
  carpetFloodConfig,
  connectionFloodConfig,
  dhcpFloodConfig,
  dnsFloodConfig,
  fraggleConfig,
  fragmentFloodConfig,
  http2FloodConfig,
  icmpFloodConfig,
  linkFloodConfig,
  renegotiationFloodConfig,
  slowHttpConfig,
  strayFloodConfig,
  synFloodConfig,
  tunnelFloodConfig,
} from './flood/config.ts'
import { domainTheftConfig, remoteControlConfig } from './lateral/config.ts'
import {
  mailUsersConfig,
  nameGuessingConfig,
  portScanConfig,
  sipAbuseConfig,
} from './scan/config.ts'
import {
  dhcpSpoofingConfig,
  forgedResetsConfig,
  nameSpoofingConfig,
  neighbourSpoofingConfig,
  routerSpoofingConfig,
} from './spoofing/config.ts'
import { sweepConfig } from './sweep/config.ts'
import {
  dnsTunnelConfig,
  encryptedDnsConfig,
  icmpTunnelConfig,
  oddPortConfig,
} from './tunnel/config.ts'
import { sessionReuseConfig, webAttacksConfig, webScannerConfig } from './web/config.ts'

export const ruleSections = {
  reflection: reflectionConfig,
  tcpReflection: tcpReflectionConfig,
  misusedReflector: misusedReflectorConfig,
  sshBruteforce: sshBruteforceConfig,
  rdpBruteforce: rdpBruteforceConfig,
  loginBruteforce: loginBruteforceConfig,
  formBruteforce: formBruteforceConfig,
  c2: c2Config,
  iotBot: iotBotConfig,
  madeUpDomains: madeUpDomainsConfig,
  miner: minerConfig,
  spamBot: spamBotConfig,
  fragments: fragmentsConfig,
  selfAddressed: selfAddressedConfig,
  oddFlags: oddFlagsConfig,
  upload: uploadConfig,
  stealers: stealersConfig,
  log4shell: log4shellConfig,
  heartbleed: heartbleedConfig,
  shells: shellsConfig,
  rawCommands: rawCommandsConfig,
  programDownload: programDownloadConfig,
  serviceExploits: serviceExploitsConfig,
  massRename: massRenameConfig,
  synFlood: synFloodConfig,
  icmpFlood: icmpFloodConfig,
  tunnelFlood: tunnelFloodConfig,
  carpetFlood: carpetFloodConfig,
  fraggle: fraggleConfig,
  dnsFlood: dnsFloodConfig,
  fragmentFlood: fragmentFloodConfig,
  strayFlood: strayFloodConfig,
  linkFlood: linkFloodConfig,
  dhcpFlood: dhcpFloodConfig,
  connectionFlood: connectionFloodConfig,
  http2Flood: http2FloodConfig,
  renegotiationFlood: renegotiationFloodConfig,
  slowHttp: slowHttpConfig,
  remoteControl: remoteControlConfig,
  domainTheft: domainTheftConfig,
  portScan: portScanConfig,
  sipAbuse: sipAbuseConfig,
  nameGuessing: nameGuessingConfig,
  mailUsers: mailUsersConfig,
  neighbourSpoofing: neighbourSpoofingConfig,
  routerSpoofing: routerSpoofingConfig,
  dhcpSpoofing: dhcpSpoofingConfig,
  nameSpoofing: nameSpoofingConfig,
  forgedResets: forgedResetsConfig,
  sweep: sweepConfig,
  dnsTunnel: dnsTunnelConfig,
  encryptedDns: encryptedDnsConfig,
  icmpTunnel: icmpTunnelConfig,
  oddPort: oddPortConfig,
  webAttacks: webAttacksConfig,
  webScanner: webScannerConfig,
  sessionReuse: sessionReuseConfig,
}
