/** The whole configuration: only composed here, each section is declared beside the stage it tells. */
import { apiConfig } from '../api/config.ts'
import { captureConfig } from '../capture/config.ts'
import { logConfig } from '../core/config.ts'
import { Type, type Static } from '../core/schema/config-field.ts'
import { policyConfig } from '../decide/config.ts'
import { detectConfig } from '../detect/config.ts'
import { evidenceConfig } from '../evidence/config.ts'
import { fleetConfig } from '../fleet/config.ts'
import { flowConfig } from '../flow/config.ts'
import { forwardConfig } from '../forward/config.ts'
import { healthConfig } from '../health/config.ts'
import { ownerConfig } from '../owner/config.ts'
import { sensorConfig } from '../pressure/config.ts'
import { recordConfig } from '../record/config.ts'
import { respondConfig } from '../respond/config.ts'

export const configSchema = Type.Object(
  {
    capture: captureConfig,
    flow: flowConfig,
    owner: ownerConfig,
    detect: detectConfig,
    evidence: evidenceConfig,
    sensor: sensorConfig,
    policy: policyConfig,
    record: recordConfig,
    forward: forwardConfig,
    respond: respondConfig,
    fleet: fleetConfig,
    api: apiConfig,
    health: healthConfig,
    log: logConfig,
  },
  { additionalProperties: false },
)

export type Config = Static<typeof configSchema>
