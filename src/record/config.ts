/** What the record may be told. */
import { stringOrNull, Type, type Static } from '../core/schema/config-field.ts'

export const recordConfig = Type.Object(
  {
    dir: stringOrNull({
      minLength: 1,
      default: null,
      description:
        'The data folder (log, socket, models); null for /var/lib/picket as root, else ~/.local/state/picket. `--data-dir` goes before it.',
    }),
    flows: Type.Boolean({ default: true, description: 'Keep finished flows in the log.' }),
    flowsPerStory: Type.Unsafe<number | null>({
      type: ['integer', 'null'],
      default: 1000,
      minimum: 0,
      maximum: 10000000,
      description:
        'Of a scan, sweep or flood that an event tells of, so many fruitless flows are kept for each party; the rest are folded into the event and counted. null keeps every one.',
    }),
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
    maxMegabytes: Type.Integer({
      default: 10240,
      minimum: 16,
      maximum: 10000000,
      description:
        'What the rows of the log may take; beyond it the oldest flows are deleted, then evidence, then events. Audit rows, blocks and tokens are never deleted. The write-ahead log takes up to 128 MB beside them, picket.ballast an eighth of minFreeMegabytes.',
    }),
    minFreeMegabytes: Type.Integer({
      default: 256,
      minimum: 8,
      maximum: 1000000,
      description:
        'Below so much free space on its disk the log does not grow: flows are not written, below a half no evidence, below a quarter no events of a severity below 4. All else is. An eighth of it is held in the file picket.ballast for when the disk is full.',
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
