/** What a sink over TLS may be told: whom it trusts, and who it says it is. */
import { oneOf, Type, type Static } from '../../core/schema/config-field.ts'

const path = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 4096, description }))

const tlsConfig = Type.Object(
  {
    caFile: path(
      'PEM file with the authorities that may have signed the certificate of the collector; absent for those that this host trusts.',
    ),
    certificateFile: path(
      'PEM file with the certificate that this agent shows, and those between it and its authority.',
    ),
    keyFile: path('PEM file with the private key of certificateFile, not encrypted.'),
    serverName: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 253,
        description:
          'The name or address that the certificate must be for, also sent as SNI; absent for that of the collector.',
      }),
    ),
    minVersion: oneOf(['1.2', '1.3'], {
      default: '1.2',
      description: 'The oldest version of TLS to speak.',
    }),
    fingerprint: Type.Optional(
      Type.String({
        pattern: '^([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$',
        description:
          'SHA-256 that the certificate of the collector must have, besides being valid, as `openssl x509 -in FILE -noout -fingerprint -sha256` prints it; colons may be left out.',
      }),
    ),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'TLS: the certificate of the collector is always verified.',
  },
)

/** The field that every kind of sink has which can speak TLS. */
export const tlsFields = { tls: tlsConfig }

export type TlsConfig = Static<typeof tlsConfig>

/** True for a section in which nothing was set. */
export function isUnset(tls: TlsConfig): boolean {
  return Object.keys(tls).every((key) => key === 'minVersion') && tls.minVersion === '1.2'
}
