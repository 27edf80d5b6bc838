/** What a NATS JetStream sink may be told. */
import { Type, type Static } from '../../../core/config-field.ts'
import { connectionFields } from '../../connections/config.ts'
import { atMostOne, passwordFaults, secretFile, secretText } from '../../secret.ts'
import { sinkFields } from '../../sink-fields.ts'
import { tlsFields } from '../../tls/index.ts'

export const natsSinkConfig = Type.Object(
  {
    type: Type.Literal('nats', { description: 'NATS JetStream, ECS documents as messages.' }),
    ...sinkFields,
    servers: Type.Array(
      Type.String({
        pattern: '^(nats|tls)://(\\[[0-9A-Fa-f:.]+\\]|[^\\s/?#@:\\[\\]]+)(:\\d{1,5})?$',
        maxLength: 300,
      }),
      {
        minItems: 1,
        maxItems: 20,
        description:
          'URLs of servers, such as tls://nats1.example.org:4222; the next is taken when one fails. tls:// refuses a server without TLS; nats:// uses it where the server asks for it.',
      },
    ),
    subject: Type.String({
      default: 'picket.events.{kind}',
      pattern: '^[A-Za-z0-9_-]+(\\.([A-Za-z0-9_-]+|\\{(agent|host|family|kind|severity)\\}))*$',
      maxLength: 255,
      description:
        'Subject of a message, which a stream must take; {agent}, {host}, {family}, {kind} and {severity} are replaced.',
    }),
    user: Type.Optional(Type.String({ minLength: 1, maxLength: 255, description: 'User name.' })),
    password: secretText('Password of user; passwordFile keeps it out of this file.'),
    passwordFile: secretFile('the password'),
    token: secretText('Token, where the server asks for one; tokenFile keeps it out of this file.'),
    tokenFile: secretFile('the token'),
    nkeyFile: secretFile('the seed of an NKey (SU…)'),
    credentialsFile: secretFile('credentials (.creds): JWT and seed'),
    ...connectionFields,
    ...tlsFields,
  },
  { additionalProperties: false },
)

export type NatsSinkConfig = Static<typeof natsSinkConfig>

/** Says what of the fields cannot be right together, each beginning with the field. */
export function natsFaults(sink: NatsSinkConfig): string[] {
  const { credentialsFile, nkeyFile, user, token, tokenFile } = sink
  return [
    ...atMostOne({ credentialsFile, nkeyFile, user, token, tokenFile }),
    ...passwordFaults(sink),
  ]
}
