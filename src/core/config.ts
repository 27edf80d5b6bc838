/** What the operational log and the agent as a whole may be told. */
import { oneOf, stringOrNull, Type } from './schema/config-field.ts'

export const logConfig = Type.Object(
  {
    level: oneOf(['debug', 'info', 'warn', 'error'], {
      default: 'info',
      description: 'The least important messages to keep.',
    }),
    format: oneOf(['text', 'json'], {
      default: 'text',
      description: 'Words for a terminal, or one JSON object a line for journald and containers.',
    }),
    file: stringOrNull({
      minLength: 1,
      default: null,
      description: 'A file to append the operational log to, rotated at 10 MB; null for none.',
    }),
    syslog: Type.Object(
      {
        enabled: Type.Boolean({ default: false, description: 'Tell a syslog daemon as well.' }),
        protocol: oneOf(['udp4', 'tcp4', 'unix'], {
          default: 'udp4',
          description: 'How to reach the daemon; unencrypted, so keep it local.',
        }),
        host: Type.String({ default: '127.0.0.1', description: 'Address of the daemon.' }),
        port: Type.Integer({ default: 514, minimum: 1, maximum: 65535, description: 'Its port.' }),
        path: Type.String({ default: '/dev/log', description: 'Its socket, for unix.' }),
      },
      {
        additionalProperties: false,
        default: {},
        description: 'A syslog daemon for the operational log (events go through forward.sinks).',
      },
    ),
  },
  { additionalProperties: false, default: {}, description: "The agent's own operational log." },
)
