/** The syslog sink: CEF in syslog messages, over what the configuration says. */
import type { Endpoint } from '../../connections/endpoint.ts'
import { messageContext } from '../../formats/syslog/message.ts'
import type { Sink, SinkContext } from '../../sink.ts'
import type { SyslogSinkConfig } from './config.ts'
import { DEFAULT_PACE } from './pace.ts'
import { SyslogStreamSink } from './stream.ts'
import { SyslogUdpSink } from './udp.ts'
import { SyslogUnixDatagramSink } from './unix-datagram.ts'

/** RFC 5425 §4.3.1 and rsyslog's default: what every receiver on a stream takes. */
const STREAM_MESSAGE_BYTES = 8192
/** RFC 5424 §6.1: what every receiver should take; fits most paths in two fragments at worst. */
const UDP_MESSAGE_BYTES = 2048

/** Makes a syslog sink; nothing is opened before the first event. */
export function createSyslogSink(config: SyslogSinkConfig, { version }: SinkContext): Sink {
  const { name, protocol, host = '', path } = config
  const defaultBytes = protocol === 'udp' ? UDP_MESSAGE_BYTES : STREAM_MESSAGE_BYTES
  const context = messageContext(config, version, defaultBytes)
  const monotonicMs = (): number => performance.now()
  if (protocol === 'unix-datagram') return new SyslogUnixDatagramSink({ name, path, context })
  if (protocol === 'udp') {
    const { port = 514, pace = DEFAULT_PACE } = config
    return new SyslogUdpSink({ name, host, port, pace, context, monotonicMs })
  }
  return new SyslogStreamSink({
    name,
    endpoint: endpointOf(config),
    limits: config,
    framing: config.framing ?? (protocol === 'unix' ? 'newline' : 'octet-counted'),
    context,
    monotonicMs,
  })
}

function endpointOf({ protocol, host = '', port, path, tls }: SyslogSinkConfig): Endpoint {
  if (protocol === 'unix') return { kind: 'unix', path }
  const isTls = protocol === 'tls'
  return { kind: 'tcp', host, port: port ?? (isTls ? 6514 : 514), tls: isTls ? tls : null }
}
