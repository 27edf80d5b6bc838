/** Whether the agent lives, as its watchdog asks: not whether all is well, which `/v1/health` says. */
import type { Config } from '../../config/index.ts'
import type { EventRecord } from '../../record/record.ts'
import type { SupervisedSensor } from '../../sensor/supervisor.ts'

/** The supervisor kills a sensor that hangs; twice as long a silence means that it no longer does. */
const SILENCES = 2

export interface LivingParts {
  readonly record: Pick<EventRecord, 'ping'>
  readonly sensors: readonly Pick<SupervisedSensor, 'interfaceName' | 'silentMs'>[]
  readonly config: Pick<Config, 'sensor'>
}

/**
 * Resolves once everything that must move has moved: this thread, the thread that writes, and whoever keeps
 * the sensors going. A sensor that has failed and is to be started again is no reason to end the agent.
 *
 * Errors: rejects where a part is dead, and says which; it never resolves while the writer hangs.
 */
export async function provenAlive({ record, sensors, config }: LivingParts): Promise<void> {
  await record.ping()
  const tooLongMs = SILENCES * config.sensor.maxSilenceSeconds * 1000
  const hanging = sensors.find(({ silentMs }) => silentMs > tooLongMs)
  if (hanging === undefined) return
  const seconds = Math.round(hanging.silentMs / 1000)
  throw new Error(`the sensor of ${hanging.interfaceName} has hung for ${seconds} seconds`)
}
