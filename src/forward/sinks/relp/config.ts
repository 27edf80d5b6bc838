/** What a RELP sink may be told. */
import { oneOf, Type, type Static } from '../../../core/schema/config-field.ts'
import { connectionFields } from '../../connections/config.ts'
import { messageFields } from '../../formats/syslog/config.ts'
import { sinkFields } from '../../sink-fields.ts'
import { isUnset, tlsFields } from '../../tls/index.ts'

export const relpSinkConfig = Type.Object(
  {
    type: Type.Literal('relp', {
      description: "CEF over RELP, rsyslog's protocol in which each message is acknowledged.",
    }),
    ...sinkFields,
    host: Type.String({
      minLength: 1,
      maxLength: 253,
      description: 'Name or address of the collector.',
    }),
    port: Type.Integer({
      default: 2514,
      minimum: 1,
      maximum: 65535,
      description: 'Its port; there is no assigned one.',
    }),
    protocol: oneOf(['tcp', 'tls'], { default: 'tcp', description: 'What RELP goes over.' }),
    window: Type.Integer({
      default: 1024,
      minimum: 1,
      maximum: 4096,
      description: 'How many messages may be under way without having been acknowledged.',
    }),
    ...messageFields,
    ...connectionFields,
    ...tlsFields,
  },
  { additionalProperties: false },
)

export type RelpSinkConfig = Static<typeof relpSinkConfig>

/** Says what of a RELP sink cannot be right together. */
export function relpFaults({ protocol, tls }: RelpSinkConfig): string[] {
  return protocol === 'tls' || isUnset(tls) ? [] : [`tls is given, but protocol is ${protocol}`]
}
