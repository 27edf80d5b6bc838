/** The fields that every kind of sink has in the configuration. */
import { Type, type Static, type TObject } from '../core/schema/config-field.ts'
import { FAMILIES } from '../detect/detection.ts'

export const sinkFields = {
  name: Type.String({
    pattern: '^[a-z0-9][a-z0-9-]{0,39}$',
    description: 'Names the sink in /health, metrics and the stored position.',
  }),
  startFrom: Type.String({
    default: 'beginning',
    format: 'starting-point',
    description:
      'Where a sink that has no stored position begins: now, beginning (of what the log still has), or with what was recorded at or after an RFC 3339 time.',
    examples: ['2026-01-05T10:00:00Z'],
  }),
  flows: Type.Boolean({
    default: false,
    description:
      'Forward finished flows too: with numbers and a position of their own, over a connection of their own. The filters and rateLimit are for events alone.',
  }),
  minSeverity: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 10,
    description: 'The least severity to forward.',
  }),
  kinds: Type.Optional(
    Type.Array(Type.String({ pattern: '^[a-z0-9*._-]{1,100}$' }), {
      minItems: 1,
      maxItems: 100,
      description:
        'The kinds to forward, `*` standing for any characters (`scan.*`); absent for every kind.',
      examples: [['scan.*', 'bruteforce.ssh']],
    }),
  ),
  families: Type.Optional(
    Type.Array(Type.Unsafe<string>({ type: 'string', enum: [...FAMILIES] }), {
      minItems: 1,
      maxItems: FAMILIES.length,
      description: 'The families to forward; absent for every family.',
      examples: [['c2', 'exfiltration']],
    }),
  ),
  rateLimit: Type.Optional(
    Type.Object(
      {
        eventsPerSecond: Type.Number({
          minimum: 0.01,
          maximum: 100000,
          description: 'How many event states a second are forwarded in the long run.',
        }),
        burst: Type.Integer({
          default: 100,
          minimum: 1,
          maximum: 1000000,
          description: 'How many more may come at once.',
        }),
      },
      {
        additionalProperties: false,
        description:
          'Of more events than this the rest is held back, counted, and told of by an event health.held-back; severity 7 and above always passes. Counted by the time at which events were recorded, so that a backlog is not cut.',
      },
    ),
  ),
}

/** What the forwarder is told of a sink, whatever its kind. */
export type SinkFields = Static<TObject<typeof sinkFields>>
