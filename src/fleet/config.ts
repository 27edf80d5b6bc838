/** What an agent may be told of its fleet: which it belongs to, as what, whom it obeys, and where the bus is. */
import { hostname } from 'node:os'
import { stringOrNull, Type, type Static } from '../core/schema/config-field.ts'
import {
  connectionFields,
  hostOf,
  identityFaults,
  natsIdentityFields,
  natsServer,
  tlsFields,
} from '../forward/config.ts'

/** A part of a subject of NATS. */
const NAME = '^[A-Za-z0-9_-]{1,64}$'
/** An Ed25519 key always is these twelve bytes and 32 more (RFC 8410 §4). */
const ED25519_KEY = '^MCowBQYDK2VwAyEA[A-Za-z0-9+/]{43}=$'

const orderers = Type.Array(
  Type.Object(
    {
      name: Type.String({ pattern: NAME, description: 'What the audit trail calls it.' }),
      publicKey: Type.String({
        pattern: ED25519_KEY,
        description:
          'Its Ed25519 key as PEM has it between the lines: openssl pkey -in KEY -pubout.',
      }),
    },
    { additionalProperties: false },
  ),
  {
    default: [],
    maxItems: 20,
    description: 'Whose signed orders this host obeys; all others are refused.',
    examples: [
      [
        {
          name: 'soc',
          publicKey: 'MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=',
        },
      ],
    ],
  },
)

const orderer = Type.Optional(
  Type.Object(
    {
      name: Type.String({ pattern: NAME, description: 'As the hosts name it in orderers.' }),
      keyFile: Type.String({
        pattern: '^/',
        maxLength: 4096,
        description: 'PEM file with the Ed25519 private key that signs, absolute.',
      }),
    },
    {
      additionalProperties: false,
      description: 'Only where the fleet is ordered from: `picket fleet` and `/v1/fleet/orders`.',
    },
  ),
)

export const fleetConfig = Type.Object(
  {
    name: stringOrNull({
      default: null,
      pattern: NAME,
      description: 'The fleet that this host belongs to; null for none.',
    }),
    host: stringOrNull({
      default: null,
      pattern: NAME,
      description:
        'What this host is called in the fleet; null for its host name up to the first dot.',
    }),
    groups: Type.Array(Type.String({ pattern: NAME }), {
      default: [],
      maxItems: 50,
      uniqueItems: true,
      description: 'Groups of the fleet that this host belongs to.',
      examples: [['web', 'dmz']],
    }),
    servers: Type.Array(natsServer, {
      default: [],
      maxItems: 20,
      description:
        'URLs of the servers of the NATS cluster, such as tls://nats1.example.org:4222; another is taken when one fails.',
    }),
    orderers,
    orderer,
    ...natsIdentityFields,
    connectTimeoutMs: connectionFields.connectTimeoutMs,
    pollSeconds: Type.Integer({
      default: 15,
      minimum: 1,
      maximum: 3600,
      description:
        'How often to look for orders that were not announced; those that are come at once.',
    }),
    ...tlsFields,
  },
  {
    additionalProperties: false,
    default: {},
    description: 'The fleet: orders to many hosts over NATS JetStream.',
  },
)

export type FleetConfig = Static<typeof fleetConfig>

/** A fleet that the host belongs to, names settled. */
export interface FleetPlace {
  readonly fleet: string
  readonly host: string
  readonly groups: readonly string[]
}

/** Says as what the host belongs to which fleet; null where it belongs to none. */
export function placeOf({ name, host, groups }: FleetConfig): FleetPlace | null {
  if (name === null) return null
  const own = hostname()
    .split('.')[0]!
    .replace(/[^A-Za-z0-9_-]/g, '_')
  return { fleet: name, host: host ?? own.slice(0, 64), groups }
}

/** Names and addresses of the servers of the bus: an order must not cut a host off from the next. */
export function busHosts({ name, servers }: FleetConfig): readonly string[] {
  return name === null ? [] : servers.map(hostOf)
}

/** Says what of the section cannot be right together, each beginning with the field. */
export function fleetFaults(fleet: FleetConfig): string[] {
  if (fleet.name === null) return []
  const names = fleet.orderers.map(({ name }) => name)
  const twice = names.filter((name, index) => names.indexOf(name) !== index)
  return [
    ...(fleet.servers.length > 0 ? [] : ['servers is []; name at least one beside fleet.name']),
    ...twice.map((name) => `orderers: the name '${name}' is used twice; give each its own`),
    ...identityFaults(fleet),
  ]
}
