/** The fields that every kind of sink has in the configuration. */
import { oneOf, Type } from '../core/config-field.ts'

export const sinkFields = {
  name: Type.String({
    pattern: '^[a-z0-9][a-z0-9-]{0,39}$',
    description: 'Names the sink in /health, metrics and the stored position.',
  }),
  startFrom: oneOf(['now', 'beginning'], {
    default: 'beginning',
    description: 'Where a sink that has no stored position begins.',
  }),
  minSeverity: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 10,
    description: 'The least severity to forward.',
  }),
}
