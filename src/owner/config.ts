/** What the search for the processes behind flows may be told. */
import { oneOf, Type, type Static } from '../core/schema/config-field.ts'

export const ownerConfig = Type.Object(
  {
    enabled: Type.Boolean({
      default: true,
      description: 'Find the process of this host that each flow belongs to.',
    }),
    sources: oneOf(['auto', 'trace', 'socket-table'], {
      default: 'auto',
      description:
        "How: by the kernel's trace events, by the tables of sockets in /proc, or (auto) by both.",
    }),
    mountTracefs: Type.Boolean({
      default: false,
      description: 'Mount tracefs where it is not, and unmount it at the end.',
    }),
    pollIntervalMs: Type.Integer({
      default: 1000,
      minimum: 100,
      maximum: 60000,
      description:
        'The tables of sockets are looked at so often; a fifth as often beside trace events.',
    }),
    maxConnections: Type.Integer({
      default: 65536,
      minimum: 1024,
      maximum: 1048576,
      description: 'Connections whose process each source remembers; the oldest goes first.',
    }),
  },
  { additionalProperties: false, default: {}, description: 'Which processes flows belong to.' },
)

export type OwnerConfig = Static<typeof ownerConfig>
