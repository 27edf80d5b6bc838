/** What the detectors may be told: a section for each. */
import { Type, type Static } from '../core/schema/config-field.ts'
import { intelConfig } from './intel/config.ts'
import { isolationForestConfig, randomForestConfig } from './models/config.ts'
import { ruleSections } from './rules/config.ts'
import { sigmaConfig } from './sigma/config.ts'

export const detectConfig = Type.Object(
  {
    ...ruleSections,
    intel: intelConfig,
    sigma: sigmaConfig,
    isolationForest: isolationForestConfig,
    randomForest: randomForestConfig,
  },
  { additionalProperties: false, default: {}, description: 'What is looked for, and how keenly.' },
)

export type DetectConfig = Static<typeof detectConfig>
