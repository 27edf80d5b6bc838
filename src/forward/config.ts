/** What the forwarder may be told: a list of sinks, each of the kind its `type` says. */
import { taggedUnion, Type, type Static } from '../core/config-field.ts'
import { syslogSinkConfig } from './sinks/syslog/config.ts'

export const forwardConfig = Type.Object(
  {
    heartbeatSeconds: Type.Integer({
      default: 60,
      minimum: 0,
      maximum: 86400,
      description:
        'How often each sink is sent a heartbeat: the last number, what was dropped and shed, the head of the audit trail; 0 for never.',
    }),
    sinks: Type.Array(taggedUnion('type', [syslogSinkConfig]), {
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
export type SinkConfig = ForwardConfig['sinks'][number]
