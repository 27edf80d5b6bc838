/** What an Elasticsearch or OpenSearch sink may be told. */
import { Type, type Static } from '../../../core/schema/config-field.ts'
import { HTTP_URL, httpFields } from '../../http/config.ts'
import { atMostOne, passwordFaults, secretFile, secretText } from '../../connections/secret.ts'
import { sinkFields } from '../../sink-fields.ts'

export const elasticSinkConfig = Type.Object(
  {
    type: Type.Literal('elastic', {
      description: 'Elasticsearch or OpenSearch, ECS documents by the bulk API.',
    }),
    ...sinkFields,
    nodes: Type.Array(
      Type.String({
        pattern: HTTP_URL,
        maxLength: 2048,
        examples: ['https://es1.example.org:9200'],
      }),
      {
        minItems: 1,
        maxItems: 20,
        description:
          'URLs of nodes, such as https://es1.example.org:9200; the next is taken when one fails.',
      },
    ),
    dataStream: Type.String({
      default: 'logs-picket.event-default',
      pattern: '^[a-z0-9][a-z0-9._-]{0,254}$',
      description: 'The data stream (or index) that gets the documents.',
    }),
    flowDataStream: Type.String({
      default: 'logs-picket.flow-default',
      pattern: '^[a-z0-9][a-z0-9._-]{0,254}$',
      description: 'The data stream (or index) that gets the flows, where flows is true.',
    }),
    apiKey: secretText(
      'API key as Elasticsearch encodes it (base64); apiKeyFile keeps it out of this file.',
    ),
    apiKeyFile: secretFile('the API key'),
    user: Type.Optional(
      Type.String({
        pattern: '^[^:\\s]+$',
        maxLength: 255,
        description: 'User for basic authentication, where there is no API key.',
      }),
    ),
    password: secretText('Password of user; passwordFile keeps it out of this file.'),
    passwordFile: secretFile('the password'),
    ...httpFields,
  },
  { additionalProperties: false },
)

export type ElasticSinkConfig = Static<typeof elasticSinkConfig>

/** Says what of the fields cannot be right together, each beginning with the field. */
export function elasticFaults(sink: ElasticSinkConfig): string[] {
  const { apiKey, apiKeyFile, user } = sink
  return [...atMostOne({ apiKey, apiKeyFile, user }), ...passwordFaults(sink)]
}
