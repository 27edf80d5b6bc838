/** What the operational log and the agent as a whole may be told. */
import { Type, type Static } from './config-field.ts'

export const logConfig = Type.Object(
  {
    level: Type.Union(
      [Type.Literal('debug'), Type.Literal('info'), Type.Literal('warn'), Type.Literal('error')],
      { default: 'info', description: 'The least important messages to keep.' },
    ),
    format: Type.Union([Type.Literal('text'), Type.Literal('json')], {
      default: 'text',
      description: 'Words for a terminal, or one JSON object a line for journald and containers.',
    }),
    file: Type.Union([Type.String({ minLength: 1 }), Type.Null()], {
      default: null,
      description: 'A file to append the operational log to, rotated at 10 MB; null for none.',
    }),
    syslog: Type.Union(
      [
        Type.Object(
          {
            protocol: Type.Union(
              [Type.Literal('udp4'), Type.Literal('tcp4'), Type.Literal('unix')],
              { default: 'udp4', description: 'How to reach the daemon; unencrypted, so keep it local.' },
            ),
            host: Type.String({ default: '127.0.0.1', description: 'Address of the daemon.' }),
            port: Type.Integer({ default: 514, minimum: 1, maximum: 65535, description: 'Its port.' }),
            path: Type.String({ default: '/dev/log', description: 'Its socket, for unix.' }),
          },
          { additionalProperties: false },
        ),
        Type.Null(),
      ],
      { default: null, description: 'A syslog daemon for the operational log (not for events); null for none.' },
    ),
  },
  { additionalProperties: false, default: {}, description: "The agent's own operational log." },
)

export type LogConfig = Static<typeof logConfig>
