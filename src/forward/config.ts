/** What the forwarder may be told: a list of sinks, each of the kind its `type` says. */
import { taggedUnion, Type, type Static } from '../core/schema/config-field.ts'
import { relpFaults, relpSinkConfig } from './sinks/relp/config.ts'
import { elasticFaults, elasticSinkConfig } from './sinks/elastic/config.ts'
import { fileFaults, fileSinkConfig } from './sinks/file/config.ts'
import { hecFaults, hecSinkConfig } from './sinks/hec/config.ts'
import { natsFaults, natsSinkConfig } from './sinks/nats/config.ts'
import { syslogFaults, syslogSinkConfig } from './sinks/syslog/config.ts'

export { identityFaults, natsIdentityFields, natsServer } from './nats/config.ts'
export { connectionFields, hostOf } from './connections/config.ts'
export { tlsFields } from './tls/config.ts'

const kinds = [
  syslogSinkConfig,
  relpSinkConfig,
  hecSinkConfig,
  elasticSinkConfig,
  natsSinkConfig,
  fileSinkConfig,
] as const

export const forwardConfig = Type.Object(
  {
    heartbeatSeconds: Type.Integer({
      default: 60,
      minimum: 0,
      maximum: 86400,
      description:
        'How often each sink is sent a heartbeat: the last number, what was dropped and shed, the head of the audit trail; 0 for never.',
    }),
    sinks: Type.Array(taggedUnion('type', kinds), {
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

/** Says what of a sink cannot be right together, each beginning with the field; the schema knows fields alone. */
export function faultsOfSink(sink: SinkConfig): readonly string[] {
  switch (sink.type) {
    case 'syslog':
      return syslogFaults(sink)
    case 'relp':
      return relpFaults(sink)
    case 'hec':
      return hecFaults(sink)
    case 'elastic':
      return elasticFaults(sink)
    case 'nats':
      return natsFaults(sink)
    case 'file':
      return fileFaults(sink)
  }
}
