/** Forwarding: what is recorded reaches every configured SIEM at least once, and never holds up the agent. */
import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log/log.ts'
import type { Metrics } from '../core/log/metrics.ts'
import type { Detection } from '../detect/detection.ts'
import type { EventRecord } from '../record/record.ts'
import type { ForwardConfig, SinkConfig } from './config.ts'
import { Forwarder, type ForwarderOptions } from './delivery/forwarder.ts'
import type { AgentFacts } from './delivery/heartbeat.ts'
import { eventLane, flowLane, type Lane } from './delivery/lane.ts'
import { laneOf, orderReplay, type SinkDesk } from './sink-desk.ts'
import { configForFlows, createSink } from './sinks/index.ts'

export type { AgentFacts } from './delivery/heartbeat.ts'
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
  readonly record: Pick<EventRecord, 'agentId' | 'events' | 'outbox' | 'flowOutbox'>
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

/** The forwarders of one sink. */
interface Ways {
  readonly name: string
  readonly type: string
  readonly events: Forwarder
  readonly flows: Forwarder | null
}

/** Starts a forwarder for the events of each sink of the configuration, and one for its flows where it gets any. */
export function createForwarders(options: ForwardersOptions): Forwarders {
  const sinks = options.config.sinks.map((sink) => waysOf(sink, options))
  const all = sinks.flatMap(({ events, flows }) => (flows === null ? [events] : [events, flows]))
  return {
    wake: () => sinks.forEach(({ events }) => events.wake()),
    health: () =>
      sinks.map(({ name, type, events, flows }) => {
        return { name, type, ...events.health(), flows: flows?.health() ?? null }
      }),
    async replay(name, span, actor) {
      const sink = sinks.find((one) => one.name === name)
      if (sink === undefined) return null
      const lane = laneOf({ name, flows: sink.flows !== null }, span, options.record)
      const { answer, order } = await orderReplay(lane, name, span, actor)
      if (order !== null) (lane.of === 'flows' ? sink.flows : sink.events)?.replay(order)
      return answer
    },
    stop: async () => {
      await Promise.all(all.map((forwarder) => forwarder.stop()))
    },
  }
}

function waysOf(sink: SinkConfig, options: ForwardersOptions): Ways {
  const { config, record } = options
  const flows = sink.flows
    ? forwarderOf(configForFlows(sink), flowLane(record), options, { heartbeatSeconds: 0 })
    : null
  const { heartbeatSeconds } = config
  const besides = (): Readonly<Record<string, number>> => {
    if (flows === null) return {}
    const { lastSent, backlog, sent, lost } = flows.health()
    return { flowsLastSent: lastSent, flowsBacklog: backlog, flowsSent: sent, flowsLost: lost }
  }
  const events = forwarderOf(sink, eventLane(record), options, { heartbeatSeconds, besides })
  return { name: sink.name, type: sink.type, events, flows }
}

/** Filters and rate are meant for events. */
const unsifted = ({ name, type, startFrom, flows }: SinkConfig) => {
  return { name, type, startFrom, flows, minSeverity: 0 }
}

function forwarderOf(
  sink: SinkConfig,
  lane: Lane,
  options: ForwardersOptions,
  more: Pick<ForwarderOptions, 'heartbeatSeconds' | 'besides'>,
): Forwarder {
  const { version, tell, record } = options
  return new Forwarder({
    ...{ ...options, ...more, lane, config: lane.of === 'flows' ? unsifted(sink) : sink },
    agentId: record.agentId,
    open: () => createSink(sink, { version }),
    tell: (detection) => tell(detection, `sink ${sink.name}`),
  })
}
