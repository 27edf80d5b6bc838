/** Forwarding: what is recorded reaches every configured SIEM at least once, and never holds up the agent. */
import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import type { Metrics } from '../core/metrics.ts'
import type { Detection } from '../detect/detection.ts'
import type { EventRecord } from '../record/record.ts'
import type { ForwardConfig } from './config.ts'
import { Forwarder } from './forwarder.ts'
import type { AgentFacts } from './heartbeat.ts'
import { orderReplay, type SinkDesk } from './sink-desk.ts'
import { createSink } from './sinks/index.ts'

export type { AgentFacts } from './heartbeat.ts'
export { restingSinks, type ReplaySpan, type SinkDesk } from './sink-desk.ts'
export type { SinkHealth } from './sink-health.ts'
export { sinkHosts } from './sinks/index.ts'

export interface Forwarders extends SinkDesk {
  /** Says that events were recorded. */
  wake(): void
  /** Ends within about a second; what was not sent is sent by the next start. */
  stop(): Promise<void>
}

export interface ForwardersOptions {
  readonly config: ForwardConfig
  readonly record: Pick<EventRecord, 'agentId' | 'events' | 'outbox'>
  readonly log: Log
  readonly clock: Clock
  /** Version of Picket, for the messages. */
  readonly version: string
  readonly metrics: Metrics
  /** What heartbeats tell of the agent. */
  facts(): Promise<AgentFacts>
  /** Takes what is to be told of a delivery; `place` says of which. */
  tell(detection: Detection, place: string): void
}

/** Starts one forwarder for each sink of the configuration. */
export function createForwarders(options: ForwardersOptions): Forwarders {
  const { config, version, tell, record } = options
  const forwarders = config.sinks.map(
    (sinkConfig) =>
      new Forwarder({
        ...options,
        config: sinkConfig,
        open: () => createSink(sinkConfig, { version }),
        heartbeatSeconds: config.heartbeatSeconds,
        tell: (detection) => tell(detection, `sink ${sinkConfig.name}`),
      }),
  )
  return {
    wake: () => forwarders.forEach((forwarder) => forwarder.wake()),
    health: () => forwarders.map((forwarder) => forwarder.health()),
    async replay(sink, span, actor) {
      const forwarder = forwarders.find(({ name }) => name === sink)
      if (forwarder === undefined) return null
      const { answer, order } = await orderReplay(record, sink, span, actor)
      if (order !== null) forwarder.replay(order)
      return answer
    },
    stop: async () => {
      await Promise.all(forwarders.map((forwarder) => forwarder.stop()))
    },
  }
}
