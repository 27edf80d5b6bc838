/** What a syslog sink may be told. */
import { oneOf, Type, type Static } from '../../../core/schema/config-field.ts'
import { connectionFields } from '../../connections/config.ts'
import { messageFields } from '../../formats/syslog/config.ts'
import { sinkFields } from '../../sink-fields.ts'
import { isUnset, tlsFields } from '../../tls/index.ts'
import { paceFields } from './pace.ts'

export const syslogSinkConfig = Type.Object(
  {
    type: Type.Literal('syslog', { description: 'CEF over syslog.' }),
    ...sinkFields,
    protocol: oneOf(['udp', 'tcp', 'tls', 'unix', 'unix-datagram'], {
      default: 'tcp',
      description:
        'udp: one datagram an event (RFC 5426); tcp: framed (RFC 6587); tls: framed and encrypted (RFC 5425); unix and unix-datagram: a socket of this host.',
    }),
    host: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 253,
        description: 'Name or address of the collector, for udp, tcp and tls.',
      }),
    ),
    port: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 65535,
        description: 'Its port; absent for 514, over tls for 6514.',
      }),
    ),
    path: Type.String({
      default: '/dev/log',
      pattern: '^/',
      maxLength: 107,
      description: 'The socket, for unix and unix-datagram; /dev/log takes datagrams.',
    }),
    framing: Type.Optional(
      oneOf(['octet-counted', 'newline'], {
        description:
          'How messages are told apart on a stream (RFC 6587 §3.4.1, §3.4.2); absent for newline on unix, octet-counted elsewhere, which RFC 5425 demands of tls.',
      }),
    ),
    pace: Type.Optional(
      Type.Object(paceFields, {
        additionalProperties: false,
        description:
          "How fast datagrams go out over udp, where nothing tells that the receiver has no room left: what does not fit its buffer (rsyslogd's, by Linux's default, some 90 datagrams) is lost. Nothing is held back by it; absent for its defaults.",
      }),
    ),
    ...messageFields,
    ...connectionFields,
    ...tlsFields,
  },
  { additionalProperties: false },
)

export type SyslogSinkConfig = Static<typeof syslogSinkConfig>

/** Says what of a syslog sink cannot be right together; the schema has seen each field alone. */
export function syslogFaults(sink: SyslogSinkConfig): string[] {
  const { host, protocol, tls, framing, pace } = sink
  const isLocal = protocol === 'unix' || protocol === 'unix-datagram'
  return [
    ...(isLocal || host !== undefined ? [] : [`host is missing; ${protocol} needs it`]),
    ...(isLocal && host !== undefined ? [`host is given, but ${protocol} goes by path`] : []),
    ...(protocol === 'tls' || isUnset(tls) ? [] : [`tls is given, but protocol is ${protocol}`]),
    ...(protocol === 'udp' || pace === undefined
      ? []
      : [`pace is given, but protocol is ${protocol}, which tells when it has no room`]),
    ...(framing !== undefined && /^udp$|datagram/.test(protocol)
      ? [`framing is given, but a datagram of ${protocol} is a message`]
      : []),
  ]
}
