/** What the bruteforce detectors may be told. */
import { Type, type Static } from '../../../core/schema/config-field.ts'
import { enabled, forgetAfterSeconds } from '../config-fields.ts'

const connectionFields = {
  enabled,
  minFailures: Type.Integer({
    default: 12,
    minimum: 2,
    maximum: 100000,
    description:
      'Failed logins of one client at one server, over at least four connections, that make an attack.',
  }),
  minConnections: Type.Integer({
    default: 6,
    minimum: 2,
    maximum: 100000,
    description:
      'Connections that end without a login, however many tries each held, that make an attack.',
  }),
  minSources: Type.Integer({
    default: 20,
    minimum: 4,
    maximum: 500,
    description:
      'Clients that failed at one server within six hours, each below the other thresholds, that make a distributed attack.',
  }),
  forgetAfterSeconds: forgetAfterSeconds(900),
}

export const sshBruteforceConfig = Type.Object(connectionFields, {
  additionalProperties: false,
  default: {},
  description: 'Password guessing over SSH.',
})

/** Gateways and monitors open RDP connections for a moment, too, though hardly so many to one host. */
export const rdpBruteforceConfig = Type.Object(
  {
    ...connectionFields,
    minConnections: Type.Integer({ ...connectionFields.minConnections, default: 12 }),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Password guessing over RDP, by how its connections end.',
  },
)

export type LoginConfig = Static<typeof sshBruteforceConfig>

export const loginBruteforceConfig = Type.Object(
  {
    enabled,
    minGuesses: Type.Integer({
      default: 12,
      minimum: 3,
      maximum: 100000,
      description:
        'Different pairs of user and password refused to one client that make an attack. Where passwords are not readable each user counts once, and tries in quick succession once each. Two thirds as many are enough where each follows within five seconds.',
    }),
    minSprayedUsers: Type.Integer({
      default: 8,
      minimum: 3,
      maximum: 100000,
      description: 'Users tried a few times each from which guessing is called spraying.',
    }),
    minSources: Type.Integer({
      default: 20,
      minimum: 4,
      maximum: 500,
      description:
        'Clients refused by one server, each below the other thresholds, that make a distributed attack.',
    }),
    forgetAfterSeconds: forgetAfterSeconds(3600),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Password guessing wherever the server can be read to refuse a login.',
  },
)

export type LoginBruteforceConfig = Static<typeof loginBruteforceConfig>

export const formBruteforceConfig = Type.Object(
  {
    enabled,
    minTries: Type.Integer({
      default: 20,
      minimum: 5,
      maximum: 100000,
      description:
        'Requests of one client to one login page, answered alike and within seconds of each other, that make an attack.',
    }),
    forgetAfterSeconds: forgetAfterSeconds(900),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Password guessing on the login pages of websites.',
  },
)

export type FormBruteforceConfig = Static<typeof formBruteforceConfig>
