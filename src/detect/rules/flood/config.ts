/** What the flood detectors may be told. */
import { Type, type Static } from '../../../core/config-field.ts'
import { enabled } from '../config-fields.ts'

export const synFloodConfig = Type.Object(
  {
    enabled,
    minSyns: Type.Integer({
      default: 200,
      minimum: 20,
      maximum: 10000000,
      description: 'SYNs to one host within ten seconds, hardly any completed, that make a flood.',
    }),
    maxCompletedShare: Type.Number({
      default: 0.3,
      minimum: 0,
      maximum: 0.9,
      description: 'A host that completes more than this share of its handshakes is merely busy.',
    }),
    maxVictims: Type.Integer({
      default: 256,
      minimum: 8,
      maximum: 4096,
      description: 'The most hosts watched at a time, at about 20 KB each.',
    }),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Floods of SYNs that are never completed.',
  },
)

export type SynFloodConfig = Static<typeof synFloodConfig>
