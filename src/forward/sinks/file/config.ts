/** What a file sink may be told. */
import { Type, type Static } from '../../../core/schema/config-field.ts'
import { sinkFields } from '../../sink-fields.ts'

export const fileSinkConfig = Type.Object(
  {
    type: Type.Literal('file', {
      description:
        'ECS documents as NDJSON in a file, for Filebeat, Fluent Bit, Vector and the like.',
    }),
    ...sinkFields,
    path: Type.String({
      pattern: '^/.*[^/]$',
      maxLength: 4096,
      description: 'The file, absolute; its folder must be there. It is made with mode 0640.',
    }),
    flowsPath: Type.Optional(
      Type.String({
        pattern: '^/.*[^/]$',
        maxLength: 4096,
        description:
          'The file of the flows, where flows is true; absent for path with -flows before its extension.',
      }),
    ),
    maxMegabytes: Type.Integer({
      default: 100,
      minimum: 1,
      maximum: 100_000,
      description:
        'A file that would grow above it is rotated: FILE becomes FILE.1, FILE.1 becomes FILE.2.',
    }),
    maxAgeHours: Type.Integer({
      default: 24,
      minimum: 1,
      maximum: 8760,
      description: 'A file older than that is rotated with the next event.',
    }),
    keep: Type.Integer({
      default: 7,
      minimum: 0,
      maximum: 1000,
      description:
        'How many rotated files are kept; the oldest is removed, whether it was read or not.',
    }),
  },
  { additionalProperties: false },
)

export type FileSinkConfig = Static<typeof fileSinkConfig>

/** Says what of the fields cannot be right together, each beginning with the field. */
export function fileFaults({ path, flowsPath }: FileSinkConfig): string[] {
  return path === flowsPath ? [`flowsPath is ${flowsPath}, as path is; use another file`] : []
}
