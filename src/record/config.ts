/** What the record may be told. */
import { stringOrNull, Type, type Static } from '../core/config-field.ts'

export const recordConfig = Type.Object(
  {
    dir: stringOrNull({
      minLength: 1,
      default: null,
      description:
        'The data folder (log, socket, models); null for /var/lib/picket as root, else ~/.local/state/picket. `--data-dir` goes before it.',
    }),
    flows: Type.Boolean({ default: true, description: 'Keep finished flows in the log.' }),
    maxQueuedFlows: Type.Integer({
      default: 200000,
      minimum: 1000,
      maximum: 5000000,
      description:
        'Flows that may wait for the disk; beyond it they are dropped and counted. Events are never dropped.',
    }),
    flowRetentionDays: Type.Integer({
      default: 14,
      minimum: 1,
      maximum: 3650,
      description: 'Flows older than this are deleted.',
    }),
    eventRetentionDays: Type.Integer({
      default: 365,
      minimum: 1,
      maximum: 3650,
      description: 'Events older than this are deleted.',
    }),
  },
  { additionalProperties: false, default: {}, description: 'The local log.' },
)

export type RecordConfig = Static<typeof recordConfig>
