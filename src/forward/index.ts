/** Forwarding: what is recorded reaches every configured SIEM at least once, and never holds up the agent. */
import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import type { Metrics } from '../core/metrics.ts'
import type { EventRecord } from '../record/record.ts'
import type { ForwardConfig } from './config.ts'
import { Forwarder, type SinkHealth } from './forwarder.ts'
import { createSink } from './sinks/index.ts'

export type { SinkHealth } from './forwarder.ts'
export { sinkHosts } from './sinks/index.ts'

export interface Forwarders {
  /** Says that events were recorded. */
  wake(): void
  health(): readonly SinkHealth[]
  /** Ends within about a second; what was not sent is sent by the next start. */
  stop(): Promise<void>
}

export interface ForwardersOptions {
  readonly config: ForwardConfig
  readonly record: Pick<EventRecord, 'events' | 'outbox'>
  readonly log: Log
  readonly clock: Clock
  /** Version of Picket, for the messages. */
  readonly version: string
  readonly metrics: Metrics
}

/** Starts one forwarder for each sink of the configuration. */
export function createForwarders(options: ForwardersOptions): Forwarders {
  const { config, record, log, metrics, version } = options
  const forwarders = config.sinks.map(
    (sinkConfig) =>
      new Forwarder({
        sink: createSink(sinkConfig, { version }),
        record,
        startFrom: sinkConfig.startFrom,
        minSeverity: sinkConfig.minSeverity,
        log,
        metrics,
      }),
  )
  return {
    wake: () => forwarders.forEach((forwarder) => forwarder.wake()),
    health: () => forwarders.map((forwarder) => forwarder.health()),
    stop: async () => {
      await Promise.all(forwarders.map((forwarder) => forwarder.stop()))
    },
  }
}
