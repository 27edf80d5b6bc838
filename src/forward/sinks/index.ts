/** Every kind of sink, made from its configuration. */
import type { SinkConfig } from '../config.ts'
import type { Sink, SinkContext } from '../sink.ts'
import { createRelpSink } from './relp/index.ts'
import { createSyslogSink } from './syslog/index.ts'

/** Makes a sink; nothing is opened before the first event. */
export function createSink(config: SinkConfig, context: SinkContext): Sink {
  switch (config.type) {
    case 'syslog':
      return createSyslogSink(config, context)
    case 'relp':
      return createRelpSink(config, context)
  }
}

/** Names and addresses of the machines that a sink talks to: those that must never be blocked. */
export function sinkHosts(config: SinkConfig): readonly string[] {
  switch (config.type) {
    case 'syslog':
      return config.host === undefined ? [] : [config.host]
    case 'relp':
      return [config.host]
  }
}
