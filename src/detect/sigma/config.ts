/** What the Sigma rules may be told. */
import { stringOrNull, Type, type Static } from '../../core/schema/config-field.ts'
import { enabled } from '../rules/config-fields.ts'

export const sigmaConfig = Type.Object(
  {
    enabled,
    folder: stringOrNull({
      default: null,
      minLength: 1,
      description:
        "The folder of your own rules (*.yml, *.yaml), read again when a file in it changes; null for `rules` in the data folder.",
      examples: ['/etc/picket/rules'],
    }),
    disabled: Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      maxItems: 2000,
      description: 'Rules that are not to be in force, by name or id; `picket rules list` shows them.',
      examples: [['smb1-in-use']],
    }),
    placeholders: Type.Record(
      Type.String({ pattern: '^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$' }),
      Type.Array(Type.Union([Type.String({ minLength: 1, maxLength: 1024 }), Type.Number()]), { minItems: 1, maxItems: 20_000 }),
      {
        additionalProperties: false,
        default: {},
        description: 'What `%name%` stands for in values of rules behind the modifier `expand`: a list by name, wildcards as in a rule.',
        examples: [{ admin_hosts: ['192.0.2.10', '192.0.2.11'] }],
      },
    ),
  },
  { additionalProperties: false, default: {}, description: 'Rules in Sigma syntax, shipped and your own.' },
) // prettier-ignore

export type SigmaConfig = Static<typeof sigmaConfig>
