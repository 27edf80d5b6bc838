/** What the detectors may be told: a section for each. */
import { Type, type Static } from '../core/config-field.ts'
import { isolationForestConfig, randomForestConfig } from './models/config.ts'
import {
  fragmentsConfig,
  ftpBruteforceConfig,
  portScanConfig,
  sshBruteforceConfig,
  sweepConfig,
  synFloodConfig,
} from './rules/config.ts'

export const detectConfig = Type.Object(
  {
    portScan: portScanConfig,
    sweep: sweepConfig,
    synFlood: synFloodConfig,
    fragments: fragmentsConfig,
    sshBruteforce: sshBruteforceConfig,
    ftpBruteforce: ftpBruteforceConfig,
    isolationForest: isolationForestConfig,
    randomForest: randomForestConfig,
  },
  { additionalProperties: false, default: {}, description: 'What is looked for, and how keenly.' },
)

export type DetectConfig = Static<typeof detectConfig>
