/** How NATS is reached, whatever for: its servers, who one is there, and TLS. */
import { Type, type Static, type TObject } from '../../core/schema/config-field.ts'
import type { ConnectionLimits } from '../connections/config.ts'
import { atMostOne, passwordFaults, secretFile, secretText } from '../connections/secret.ts'
import type { TlsConfig } from '../tls/config.ts'

/** The URL of a server. */
export const natsServer = Type.String({
  pattern: '^(nats|tls)://(\\[[0-9A-Fa-f:.]+\\]|[^\\s/?#@:\\[\\]]+)(:\\d{1,5})?$',
  maxLength: 300,
})

/** Who one is to the servers: at most one of them. */
export const natsIdentityFields = {
  user: Type.Optional(Type.String({ minLength: 1, maxLength: 255, description: 'User name.' })),
  password: secretText('Password of user; passwordFile keeps it out of this file.'),
  passwordFile: secretFile('the password'),
  token: secretText('Token, where the server asks for one; tokenFile keeps it out of this file.'),
  tokenFile: secretFile('the token'),
  nkeyFile: secretFile('the seed of an NKey (SU…)'),
  credentialsFile: secretFile('credentials (.creds): JWT and seed'),
}

/** Who one is, as it is configured. */
export type NatsIdentity = Static<TObject<typeof natsIdentityFields>>
/** All that one connection needs, but for the server's address. */
export type NatsConnectionConfig = NatsIdentity &
  Pick<ConnectionLimits, 'connectTimeoutMs'> & {
    readonly tls: TlsConfig
  }

/** Says what of the fields cannot be right together, each beginning with the field. */
export function identityFaults(given: NatsIdentity): string[] {
  const { credentialsFile, nkeyFile, user, token, tokenFile } = given
  return [
    ...atMostOne({ credentialsFile, nkeyFile, user, token, tokenFile }),
    ...passwordFaults(given),
  ]
}
