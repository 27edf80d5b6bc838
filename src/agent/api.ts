/** The agent's parts as its API needs them, and the API served over them. */
import { join } from 'node:path'
import { createApi, listen, type ApiListener, type ApiParts } from '../api/index.ts'
import type { Ground } from './parts.ts'
import { redacted } from '../config/index.ts'
import { systemClock as clock } from '../core/clock.ts'
import type { DetectionIntake } from './tellings/detection-intake.ts'
import { createFleetDesk } from '../fleet/index.ts'
import { WHOLE_HOST } from '../health/index.ts'
import { tryRulesApart } from '../sensor/trial/rule-trial.ts'
import type { RuleWatch } from './rule-watch.ts'
import type { SupervisedSensor } from '../sensor/supervisor.ts'

export interface ServedParts extends Pick<
  ApiParts,
  'blocker' | 'feeds' | 'suppressor' | 'sinks' | 'health' | 'selfTest'
> {
  readonly intake: DetectionIntake
  readonly rules: RuleWatch
  readonly sensors: readonly SupervisedSensor[]
}

/** Serves the API on the data folder's socket and, where enabled, on TCP. Errors: `ERR_API_LISTEN`. */
export async function serveAgentApi(ground: Ground, parts: ServedParts): Promise<ApiListener> {
  const { config, log, directory, record } = ground
  const { intake, sensors, ...shown } = parts
  const app = createApi({
    ...ground,
    ...shown,
    settings: redacted(config),
    fleet: createFleetDesk({ config: config.fleet, orders: record.fleetOrders, clock }),
    tryRules: (texts, capture) => tryRulesApart(texts, capture, config),
    restartSensor: async (name) => {
      const sensor = sensors.find(({ interfaceName }) => interfaceName === name)
      await sensor?.restart()
      return sensor !== undefined
    },
    onDetection: (detection) => intake.receive([detection], WHOLE_HOST),
    clock,
    config: config.api,
  })
  return listen(app, { config: config.api, socketPath: join(directory, 'picket.sock'), log })
}
