/** Every kind of sink, made from its configuration. */
import type { SinkConfig } from '../config.ts'
import { hostOf } from '../connections/config.ts'
import type { Sink, SinkContext } from '../sink.ts'
import { createRelpSink } from './relp/index.ts'
import { createElasticSink } from './elastic/index.ts'
import { createFileSink } from './file/index.ts'
import { createHecSink } from './hec/index.ts'
import { createNatsSink } from './nats/index.ts'
import { createSyslogSink } from './syslog/index.ts'

/** Makes a sink; nothing is opened before the first event. */
export function createSink(config: SinkConfig, context: SinkContext): Sink {
  switch (config.type) {
    case 'syslog':
      return createSyslogSink(config, context)
    case 'relp':
      return createRelpSink(config, context)
    case 'hec':
      return createHecSink(config, context)
    case 'elastic':
      return createElasticSink(config, context)
    case 'nats':
      return createNatsSink(config, context)
    case 'file':
      return createFileSink(config, context)
  }
}

/** Where a sink has its flows: apart from its events where the receiver wants to tell them apart. */
export function configForFlows(config: SinkConfig): SinkConfig {
  switch (config.type) {
    case 'elastic':
      return { ...config, dataStream: config.flowDataStream }
    case 'hec':
      return { ...config, sourcetype: config.flowSourcetype }
    case 'file':
      return { ...config, path: config.flowsPath ?? beside(config.path) }
    default:
      return config
  }
}

/** `/var/log/picket/events.ndjson` gives `/var/log/picket/events-flows.ndjson`. */
const beside = (path: string): string => path.replace(/(\.[^./]+)?$/, '-flows$1')

/** Names and addresses of the machines that a sink talks to: those that must never be blocked. */
export function sinkHosts(config: SinkConfig): readonly string[] {
  switch (config.type) {
    case 'syslog':
      return config.host === undefined ? [] : [config.host]
    case 'relp':
      return [config.host]
    case 'hec':
      return [hostOf(config.url)]
    case 'elastic':
      return config.nodes.map(hostOf)
    case 'nats':
      return config.servers.map(hostOf)
    case 'file':
      return []
  }
}
