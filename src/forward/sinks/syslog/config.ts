/** What a syslog sink may be told. */
import { oneOf, Type, type Static } from '../../../core/config-field.ts'
import { connectionFields } from '../../connections/config.ts'
import { sinkFields } from '../../sink-fields.ts'

export const syslogSinkConfig = Type.Object(
  {
    type: Type.Literal('syslog', { description: 'CEF over RFC 5424 syslog.' }),
    ...sinkFields,
    ...connectionFields,
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
  },
  { additionalProperties: false },
)

export type SyslogSinkConfig = Static<typeof syslogSinkConfig>
