/** What a NATS JetStream sink may be told. */
import { Type, type Static } from '../../../core/schema/config-field.ts'
import { connectionFields } from '../../connections/config.ts'
import { identityFaults, natsIdentityFields, natsServer } from '../../nats/config.ts'
import { sinkFields } from '../../sink-fields.ts'
import { tlsFields } from '../../tls/index.ts'

export const natsSinkConfig = Type.Object(
  {
    type: Type.Literal('nats', { description: 'NATS JetStream, ECS documents as messages.' }),
    ...sinkFields,
    servers: Type.Array(natsServer, {
      minItems: 1,
      maxItems: 20,
      description:
        'URLs of servers, such as tls://nats1.example.org:4222; the next is taken when one fails. tls:// refuses a server without TLS; nats:// uses it where the server asks for it.',
    }),
    subject: Type.String({
      default: 'picket.events.{kind}',
      pattern: '^[A-Za-z0-9_-]+(\\.([A-Za-z0-9_-]+|\\{(agent|host|family|kind|severity)\\}))*$',
      maxLength: 255,
      description:
        'Subject of a message, which a stream must take; {agent}, {host}, {family}, {kind} and {severity} are replaced.',
    }),
    ...natsIdentityFields,
    inboxPrefix: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*$',
        maxLength: 200,
        description:
          'Subject under which answers of the servers come, for a user who may not read those of others; absent for _INBOX.',
      }),
    ),
    ...connectionFields,
    ...tlsFields,
  },
  { additionalProperties: false },
)

export type NatsSinkConfig = Static<typeof natsSinkConfig>

/** Says what of the fields cannot be right together, each beginning with the field. */
export const natsFaults = (sink: NatsSinkConfig): string[] => identityFaults(sink)
