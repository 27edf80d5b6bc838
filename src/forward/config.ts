/** What the forwarder may be told. */
import { oneOf, Type, type Static } from '../core/config-field.ts'

export const syslogSinkConfig = Type.Object(
  {
    name: Type.String({
      pattern: '^[a-z0-9][a-z0-9-]{0,39}$',
      description: 'Names the sink in /health, metrics and the stored position.',
    }),
    type: Type.Literal('syslog', { description: 'CEF over RFC 5424 syslog.' }),
    host: Type.String({
      minLength: 1,
      maxLength: 253,
      description: 'Name or address of the collector.',
    }),
    port: Type.Integer({ default: 514, minimum: 1, maximum: 65535, description: 'Its port.' }),
    protocol: oneOf(['udp', 'tcp'], {
      default: 'tcp',
      description: 'udp: one datagram an event (RFC 5426); tcp: framed (RFC 6587).',
    }),
    framing: oneOf(['octet-counted', 'newline'], {
      default: 'octet-counted',
      description: 'How messages are told apart on tcp (RFC 6587 §3.4.1, §3.4.2).',
    }),
    maxMessageBytes: Type.Optional(
      Type.Integer({
        minimum: 1024,
        maximum: 65000,
        description:
          'The longest message; absent for 8192 on tcp and 2048 on udp. What does not fit loses its flow ids first, then reasons, victims, and the end of the summary.',
      }),
    ),
    startFrom: oneOf(['now', 'beginning'], {
      default: 'beginning',
      description: 'Where a sink that has no stored position begins.',
    }),
    minSeverity: Type.Integer({
      default: 0,
      minimum: 0,
      maximum: 10,
      description: 'The least severity to forward.',
    }),
  },
  { additionalProperties: false },
)

export const forwardConfig = Type.Object(
  {
    sinks: Type.Array(syslogSinkConfig, {
      default: [],
      maxItems: 20,
      description: 'Where events go.',
      examples: [
        [{ name: 'siem', type: 'syslog', host: 'siem.example.org', port: 514, protocol: 'tcp' }],
      ],
    }),
  },
  { additionalProperties: false, default: {}, description: 'Forwarding to the SIEM.' },
)

export type ForwardConfig = Static<typeof forwardConfig>
export type SyslogSinkConfig = Static<typeof syslogSinkConfig>
