/** What the API may be told. */
import { oneOf, stringOrNull, Type, type Static } from '../core/schema/config-field.ts'
import { parseAddress } from '../net/address.ts'
import { cidrContains, parseCidr } from '../net/cidr.ts'

const certificateClient = Type.Object(
  {
    name: Type.String({
      minLength: 1,
      maxLength: 200,
      description: "The common name (CN) of the certificate's subject, as it stands there.",
    }),
    scopes: Type.Array(oneOf(['read', 'block', 'admin'], { description: 'A scope, as of a token.' }), {
      minItems: 1,
      maxItems: 3,
      description: 'What it may do.',
    }),
  },
  { additionalProperties: false, description: 'A client known by its certificate.' },
) // prettier-ignore

const tls = Type.Object(
  {
    enabled: Type.Boolean({
      default: false,
      description:
        'Speak TLS (1.2 and later) on TCP. Without `certificate` Picket makes one of its own, kept in the data folder, and prints its fingerprint at the start.',
    }),
    certificate: stringOrNull({
      default: null,
      maxLength: 4096,
      description: 'PEM file with the certificate and the chain up to its issuer.',
    }),
    key: stringOrNull({
      default: null,
      maxLength: 4096,
      description: 'PEM file with the private key, unencrypted.',
    }),
    clientCa: stringOrNull({
      default: null,
      maxLength: 4096,
      description:
        'PEM file with the authorities whose client certificates are believed; null asks for none.',
    }),
    clients: Type.Array(certificateClient, {
      default: [],
      maxItems: 1000,
      description: 'Which clients are known by their certificate, and what they may do.',
    }),
  },
  { additionalProperties: false, default: {}, description: 'TLS of the API.' },
)

const limits = Type.Object(
  {
    requestsPerMinute: Type.Integer({
      default: 60000,
      minimum: 10,
      maximum: 10000000,
      description: 'Requests of one token, or of one address without a token, in a minute.',
    }),
    concurrentRequests: Type.Integer({
      default: 128,
      minimum: 1,
      maximum: 10000,
      description: 'Requests that are worked on at once; another is answered with 503.',
    }),
    streams: Type.Integer({
      default: 32,
      minimum: 1,
      maximum: 1000,
      description: 'Event streams that are open at once.',
    }),
    connectionsPerPeer: Type.Integer({
      default: 128,
      minimum: 1,
      maximum: 512,
      description: 'Connections of one address at once; one more is closed unread.',
    }),
    failedLoginsPerMinute: Type.Integer({
      default: 10,
      minimum: 1,
      maximum: 1000,
      description:
        'Refused logins of one address in a minute, after which it has to wait and the event bruteforce.api is recorded.',
    }),
  },
  { additionalProperties: false, default: {}, description: 'Limits of the API.' },
)

export const apiConfig = Type.Object(
  {
    enabled: Type.Boolean({
      default: true,
      description: 'Serve the API on TCP; the unix socket is always there.',
    }),
    host: Type.String({
      default: '127.0.0.1',
      format: 'address',
      maxLength: 45,
      description:
        'The address to listen on. Any but a loopback address needs `tls.enabled`, or `allowPlaintext`.',
    }),
    port: Type.Integer({
      default: 8460,
      minimum: 0,
      maximum: 65535,
      description: 'The port; 0 takes a free one.',
    }),
    allowPlaintext: Type.Boolean({
      default: false,
      description:
        'Listen without TLS on an address that others can reach: tokens then cross the network in the clear.',
    }),
    tls,
    maxBodyBytes: Type.Integer({
      default: 65536,
      minimum: 1024,
      maximum: 10485760,
      description: 'The largest request body.',
    }),
    limits,
  },
  { additionalProperties: false, default: {}, description: 'The REST API.' },
)

export type ApiConfig = Static<typeof apiConfig>

const LOOPBACK = ['127.0.0.0/8', '::1'].map((range) => parseCidr(range)!)
/** What to do about a host that others can reach. */
export const BARE_HOST_CURE =
  'set api.tls.enabled (without a certificate of yours Picket makes one), or keep to 127.0.0.1 or ::1; api.allowPlaintext insists, and tokens then cross the network in the clear'

/** Says what of it cannot be right together, beginning with the field: tokens must not cross a network in the clear. */
export function apiFaults({ enabled, host, tls, allowPlaintext }: ApiConfig): readonly string[] {
  const address = parseAddress(host)
  if (!enabled || tls.enabled || allowPlaintext || address === null) return []
  if (LOOPBACK.some((range) => cidrContains(range, address))) return []
  return [`host is ${JSON.stringify(host)}, which is not a loopback address; ${BARE_HOST_CURE}`]
}
