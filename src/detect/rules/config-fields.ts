/** Fields that the sections of several behaviour detectors share. */
import { Type } from '../../core/schema/config-field.ts'

export const enabled = Type.Boolean({ default: true, description: 'Whether this detector runs.' })

export const forgetAfterSeconds = (seconds: number) =>
  Type.Integer({
    default: seconds,
    minimum: 10,
    maximum: 86400,
    description: 'A suspect that does nothing for this long is forgotten, and its story is over.',
  })
