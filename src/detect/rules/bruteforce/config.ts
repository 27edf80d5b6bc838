/** What the bruteforce detectors may be told. */
import { Type, type Static } from '../../../core/config-field.ts'
import { enabled, forgetAfterSeconds } from '../config-fields.ts'

const loginFields = {
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
  forgetAfterSeconds: forgetAfterSeconds(900),
}

export const sshBruteforceConfig = Type.Object(loginFields, {
  additionalProperties: false,
  default: {},
  description: 'Password guessing over SSH.',
})

export const ftpBruteforceConfig = Type.Object(loginFields, {
  additionalProperties: false,
  default: {},
  description: 'Password guessing over FTP.',
})

export type LoginConfig = Static<typeof sshBruteforceConfig>
