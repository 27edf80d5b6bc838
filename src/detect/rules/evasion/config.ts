/** What the evasion detectors may be told. */
import { Type, type Static } from '../../../core/schema/config-field.ts'
import { enabled, forgetAfterSeconds } from '../config-fields.ts'

export const fragmentsConfig = Type.Object(
  { enabled, forgetAfterSeconds: forgetAfterSeconds(300) },
  {
    additionalProperties: false,
    default: {},
    description:
      'Fragments that overlap, run past the end of any packet, or cut TCP smaller than any path does, to slip past whoever watches.',
  },
)

export const selfAddressedConfig = Type.Object(
  { enabled, forgetAfterSeconds: forgetAfterSeconds(300) },
  {
    additionalProperties: false,
    default: {},
    description: 'Packets from an address and port to the same address and port (land).',
  },
)

export const oddFlagsConfig = Type.Object(
  {
    enabled,
    minSegments: Type.Integer({
      default: 10,
      minimum: 2,
      maximum: 100000,
      description: 'Segments of one host to another, to one or two ports, that are no accident.',
    }),
    forgetAfterSeconds: forgetAfterSeconds(120),
  },
  {
    additionalProperties: false,
    default: {},
    description:
      'What no stack sends: impossible flags outside scans, source routes, segments that contradict what they repeat.',
  },
)

export type OddFlagsConfig = Static<typeof oddFlagsConfig>
export type SelfAddressedConfig = Static<typeof selfAddressedConfig>
export type FragmentsConfig = Static<typeof fragmentsConfig>
