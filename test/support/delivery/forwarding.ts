/** A forwarder to one syslog sink, as the agent makes it, with what a test wants different. */
import { onTestFinished } from 'vitest'
import { defaultsOf } from '../../../src/config/defaults.ts'
import { createForwarders, type Forwarders } from '../../../src/forward/index.ts'
import type { SinkConfig } from '../../../src/forward/config.ts'
import {
  syslogSinkConfig,
  type SyslogSinkConfig,
} from '../../../src/forward/sinks/syslog/config.ts'
import type { EventRecord } from '../../../src/record/record.ts'
import { forwarderGround } from './memory-sink.ts'
import { parseCef, type CefMessage } from './cef-parser.ts'

/** A syslog sink to loopback with the defaults of the configuration, changed where a test cares. */
export function sinkConfig(changes: Partial<SyslogSinkConfig>): SyslogSinkConfig {
  const defaults = defaultsOf(syslogSinkConfig) as SyslogSinkConfig
  return { ...defaults, type: 'syslog', name: 'siem', host: '127.0.0.1', ...changes }
}

/** Forwards to a syslog sink until the test is over. */
export function forwarding(record: EventRecord, changes: Partial<SyslogSinkConfig>): Forwarders {
  return forwardingTo(record, sinkConfig(changes))
}

/** Forwards to any sink until the test is over. */
export function forwardingTo(record: EventRecord, sink: SinkConfig): Forwarders {
  const forwarders = createForwarders({
    ...forwarderGround(record),
    config: { heartbeatSeconds: 0, sinks: [sink] },
    version: '0.1.0',
  })
  onTestFinished(() => forwarders.stop())
  return forwarders
}

/** Reads the CEF in a syslog message. */
export function cefOf(message: string): CefMessage {
  return parseCef(message.slice(message.search(/CEF:\d/)))
}
