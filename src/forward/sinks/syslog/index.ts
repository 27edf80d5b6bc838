/** The syslog sink: CEF in RFC 5424 messages, over TCP or UDP as configured. */
import { hostname } from 'node:os'
import type { Sink, SinkContext } from '../../sink.ts'
import type { SyslogSinkConfig } from './config.ts'
import { SyslogTcpSink } from './tcp.ts'
import { SyslogUdpSink } from './udp.ts'

/** RFC 5425 §4.3.1 and rsyslog's default: what every receiver on TCP takes. */
const TCP_MESSAGE_BYTES = 8192
/** RFC 5424 §6.1: what every receiver should take; fits most paths in two fragments at worst. */
const UDP_MESSAGE_BYTES = 2048

/** Makes a syslog sink; nothing is opened before the first event. */
export function createSyslogSink(config: SyslogSinkConfig, { version }: SinkContext): Sink {
  const isTcp = config.protocol === 'tcp'
  const maxBytes = config.maxMessageBytes ?? (isTcp ? TCP_MESSAGE_BYTES : UDP_MESSAGE_BYTES)
  const context = { version, hostname: hostname(), processId: process.pid, maxBytes }
  const options = { config, context, monotonicMs: () => performance.now() }
  return isTcp ? new SyslogTcpSink(options) : new SyslogUdpSink(options)
}
