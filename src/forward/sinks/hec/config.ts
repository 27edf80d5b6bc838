/** What a Splunk sink may be told. */
import { Type, type Static } from '../../../core/schema/config-field.ts'
import { HTTP_URL, httpFields } from '../../http/config.ts'
import { exactlyOne, secretFile, secretText } from '../../connections/secret.ts'
import { sinkFields } from '../../sink-fields.ts'

const name = (description: string, options: { readonly default?: string } = {}) =>
  Type.String({ minLength: 1, maxLength: 255, description, ...options })

export const hecSinkConfig = Type.Object(
  {
    type: Type.Literal('hec', { description: "Splunk's HTTP Event Collector, with ECS events." }),
    ...sinkFields,
    url: Type.String({
      pattern: HTTP_URL,
      maxLength: 2048,
      description: 'The collector.',
      examples: ['https://splunk.example.org:8088'],
    }),
    token: secretText('The token of the collector; tokenFile keeps it out of this file.'),
    tokenFile: secretFile('the token'),
    index: Type.Optional(name("Where Splunk keeps the events; absent for the token's own choice.")),
    sourcetype: name('The sourcetype that Splunk gives the events.', { default: 'picket:ecs' }),
    flowSourcetype: name('The sourcetype that Splunk gives the flows, where flows is true.', {
      default: 'picket:ecs:flow',
    }),
    source: name('The source that Splunk gives the events.', { default: 'picket' }),
    useAck: Type.Boolean({
      default: true,
      description:
        'Count an event as delivered when Splunk has indexed it; the token must have indexer acknowledgement on. False: when Splunk has answered, which may still lose it with a crash.',
    }),
    ackTimeoutSeconds: Type.Integer({
      default: 300,
      minimum: 1,
      maximum: 86_400,
      description: 'What is not acknowledged after so long is sent again.',
    }),
    ...httpFields,
  },
  { additionalProperties: false },
)

export type HecSinkConfig = Static<typeof hecSinkConfig>

/** Says what of the fields cannot be right together, each beginning with the field. */
export function hecFaults({ token, tokenFile }: HecSinkConfig): string[] {
  return exactlyOne({ token, tokenFile })
}
