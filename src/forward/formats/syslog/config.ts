/** What may be told of the messages that go to a syslog server, over whichever protocol. */
import { oneOf, Type } from '../../../core/schema/config-field.ts'

export const messageFields = {
  header: oneOf(['rfc5424', 'rfc3164'], {
    default: 'rfc5424',
    description:
      'The syslog header: rfc5424, with structured data; rfc3164 for old receivers, with the local time and the host, as CEF has it.',
  }),
  cefVersion: oneOf(['0', '1'], {
    default: '0',
    description:
      'CEF:0 puts IPv6 addresses under c6a2 and c6a3, CEF:1 under src and dst; many receivers know 0 alone.',
  }),
  maxMessageBytes: Type.Optional(
    Type.Integer({
      minimum: 1024,
      maximum: 65000,
      description:
        'The longest message, header included; absent for 2048 on udp and 8192 elsewhere. What does not fit loses its flow ids first, then the lesser reasons, all reasons, victims, the ends of decision and summary, in the end all but who, what, when, how bad and the ids, and the structured data, which repeat some of these.',
    }),
  ),
}
