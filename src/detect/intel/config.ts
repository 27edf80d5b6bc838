/** What may be said about indicator feeds. */
import { oneOf, stringOrNull, Type, type Static } from '../../core/schema/config-field.ts'

const feed = Type.Object(
  {
    name: Type.String({
      pattern: '^[a-z0-9][a-z0-9-]{0,39}$',
      description: 'How events, the API and the cache call it; unique.',
    }),
    source: Type.String({
      minLength: 1,
      maxLength: 2000,
      description: 'A file, or an http or https URL.',
    }),
    format: oneOf(['auto', 'plain', 'csv', 'misp', 'stix'], {
      default: 'auto',
      description:
        'A list of lines (hosts files too), a table, MISP JSON, or STIX 2.1 JSON; `auto` looks at it.',
    }),
    column: stringOrNull({
      default: null,
      maxLength: 100,
      description: 'CSV: the column with the indicators, by name or number from 1; null finds it.',
    }),
    severity: Type.Integer({
      default: 6,
      minimum: 1,
      maximum: 10,
      description: 'Of an event that its indicators cause.',
    }),
    confidence: Type.Number({
      default: 0.8,
      minimum: 0,
      maximum: 1,
      description: 'How far the feed is trusted.',
    }),
    refreshMinutes: Type.Integer({
      default: 60,
      minimum: 1,
      maximum: 10080,
      description: 'How often the source is looked at anew.',
    }),
    expireDays: Type.Integer({
      default: 30,
      minimum: 1,
      maximum: 3650,
      description:
        'Indicators say nothing any more when the source has not given them for this long.',
    }),
    authorizationFile: stringOrNull({
      default: null,
      maxLength: 4096,
      description:
        'A file whose first line is sent as the Authorization header; for https URLs only.',
    }),
  },
  { additionalProperties: false },
)

export const intelConfig = Type.Object(
  {
    enabled: Type.Boolean({ default: true, description: 'Whether indicators are looked for.' }),
    feeds: Type.Array(feed, {
      default: [],
      maxItems: 200,
      description: 'Where indicators come from.',
      examples: [
        [
          { name: 'drop', source: 'https://www.spamhaus.org/drop/drop.txt', severity: 5 },
          { name: 'ours', source: '/etc/picket/indicators.csv', column: 'indicator', severity: 8 },
        ],
      ],
    }),
    proxy: stringOrNull({
      default: null,
      maxLength: 2000,
      pattern: '^https?://[^/]+/?$',
      description: 'The HTTP proxy by which URLs of feeds are fetched; null to ask them directly.',
      examples: ['http://proxy.example.org:3128'],
    }),
    maxIndicators: Type.Integer({
      default: 1_000_000,
      minimum: 1000,
      maximum: 8_000_000,
      description:
        'The most indicators of all feeds together, at about 29 to 59 bytes each in every sensor.',
    }),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Indicators of compromise: addresses, ranges, domains, URLs, JA3 and JA4.',
  },
)

export type IntelConfig = Static<typeof intelConfig>
export type FeedConfig = Static<typeof feed>
