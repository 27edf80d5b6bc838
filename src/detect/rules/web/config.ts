/** What the detectors of web attacks may be told. */
import { Type, type Static } from '../../../core/schema/config-field.ts'
import { enabled, forgetAfterSeconds } from '../config-fields.ts'

export const webAttacksConfig = Type.Object(
  {
    enabled,
    minScore: Type.Integer({
      default: 4,
      minimum: 2,
      maximum: 20,
      description:
        'Weight of independent signs in one value of a request that makes an attack; a single sign weighs 1 to 3, an exploit known by its path 4 or more.',
    }),
    forgetAfterSeconds: forgetAfterSeconds(900),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Injections, traversals, commands and web shells in clear-text HTTP.',
  },
)

export const webScannerConfig = Type.Object(
  {
    enabled,
    minMissing: Type.Integer({
      default: 25,
      minimum: 5,
      maximum: 100000,
      description:
        'Paths of one server that one client asked for within a minute and that are not there, or forbidden, that make a scan.',
    }),
    minProbes: Type.Integer({
      default: 5,
      minimum: 2,
      maximum: 1000,
      description:
        'Places where secrets and consoles lie (.git, .env, backups, phpMyAdmin) that are asked for in vain that make a scan.',
    }),
    minGuessedNames: Type.Integer({
      default: 60,
      minimum: 10,
      maximum: 100000,
      description:
        'Names of sites, or of parameters of one page, that one client tries at one server within a minute that make a scan.',
    }),
    forgetAfterSeconds: forgetAfterSeconds(900),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Web servers searched for holes and hidden paths.',
  },
)

export const sessionReuseConfig = Type.Object(
  { enabled, forgetAfterSeconds: forgetAfterSeconds(3600) },
  {
    additionalProperties: false,
    default: {},
    description: 'Sessions in clear-text HTTP that go on at another host, in another browser.',
  },
)

export type SessionReuseConfig = Static<typeof sessionReuseConfig>
export type WebAttacksConfig = Static<typeof webAttacksConfig>
export type WebScannerConfig = Static<typeof webScannerConfig>
