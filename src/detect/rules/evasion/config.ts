/** What the evasion detectors may be told. */
import { Type, type Static } from '../../../core/config-field.ts'
import { enabled, forgetAfterSeconds } from '../config-fields.ts'

export const fragmentsConfig = Type.Object(
  { enabled, forgetAfterSeconds: forgetAfterSeconds(300) },
  {
    additionalProperties: false,
    default: {},
    description: 'Fragments that overlap, or cut TCP headers apart, to slip past whoever watches.',
  },
)

export type FragmentsConfig = Static<typeof fragmentsConfig>
