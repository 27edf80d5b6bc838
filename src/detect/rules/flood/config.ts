/** What the flood detectors may be told. */
import { Type, type Static } from '../../../core/schema/config-field.ts'
import { enabled } from '../config-fields.ts'

const maxVictims = (kilobytes: number) =>
  Type.Integer({
    default: 256,
    minimum: 8,
    maximum: 4096,
    description: `The most hosts watched at a time, at about ${kilobytes} KB each.`,
  })

const atLeast = (count: number, description: string) =>
  Type.Integer({ default: count, minimum: 10, maximum: 10000000, description })

export const synFloodConfig = Type.Object(
  {
    enabled,
    minSyns: Type.Integer({
      default: 200,
      minimum: 20,
      maximum: 10000000,
      description: 'SYNs to one host within ten seconds, hardly any completed, that make a flood.',
    }),
    maxCompletedShare: Type.Number({
      default: 0.3,
      minimum: 0,
      maximum: 0.9,
      description: 'A host that completes more than this share of its handshakes is merely busy.',
    }),
    maxVictims: maxVictims(20),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Floods of SYNs that are never completed.',
  },
)

export const icmpFloodConfig = Type.Object(
  {
    enabled,
    minMessages: atLeast(1000, 'Pings and the like to one host within ten seconds.'),
    minErrors: atLeast(5000, 'Errors to one host within ten seconds; scanners earn many.'),
    minNeighbour: atLeast(500, 'Solicitations and advertisements within ten seconds (IPv6).'),
    minRouter: atLeast(300, 'Messages of routers, redirects and MLD within ten seconds (IPv6).'),
    maxVictims: maxVictims(2),
  },
  { additionalProperties: false, default: {}, description: 'Floods of ICMP and ICMPv6.' },
)

export const fragmentFloodConfig = Type.Object(
  {
    enabled,
    minFragments: atLeast(1000, 'Fragments without a beginning to one host within ten seconds.'),
    maxVictims: maxVictims(2),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Floods of fragments that belong to no packet.',
  },
)

export const strayFloodConfig = Type.Object(
  {
    enabled,
    minFlows: atLeast(1000, 'Flows that nothing became of, to one host within ten seconds.'),
    minSteadyPackets: atLeast(
      2000,
      'Packets of one unanswered stream within ten seconds that repeat themselves.',
    ),
    maxVictims: maxVictims(10),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Floods of UDP, of TCP segments outside any connection, and of other protocols.',
  },
)

export const carpetFloodConfig = Type.Object(
  {
    enabled,
    minFlows: atLeast(
      3000,
      'Flows that nothing became of, to many hosts of one network within ten seconds.',
    ),
    maxVictims: maxVictims(10),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Floods of UDP and SYNs laid over a whole network, by ever new senders.',
  },
)

export const fraggleConfig = Type.Object(
  {
    enabled,
    minDatagrams: atLeast(200, 'Datagrams to a whole network in one name within ten seconds.'),
    maxVictims: maxVictims(2),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Datagrams to small services of a whole network, whose answers flood one host.',
  },
)

export const dnsFloodConfig = Type.Object(
  {
    enabled,
    minNames: atLeast(
      1000,
      'Questions by many within ten seconds for ever new names of one domain, in vain.',
    ),
    minQuestions: atLeast(
      5000,
      'Questions within ten seconds for the same few names, each by another.',
    ),
    maxVictims: maxVictims(4),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Floods of DNS questions: random subdomains, or one name by ever new askers.',
  },
)

export const linkFloodConfig = Type.Object(
  {
    enabled,
    minCards: atLeast(1000, 'Cards within ten seconds, nearly each of which is heard once.'),
    minControlFrames: atLeast(500, 'Frames to the switches of a link within ten seconds.'),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Floods of frames: of ever new cards, and of what switches say to each other.',
  },
)

export const dhcpFloodConfig = Type.Object(
  {
    enabled,
    minMessages: atLeast(200, 'Requests to one address within ten seconds.'),
    minClients: atLeast(
      120,
      'Clients in whose names is asked within a minute, hardly one of which says anything else.',
    ),
    minClientsOfOne: atLeast(50, 'The same, where one link address sends nearly all.'),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Floods of DHCP that take every lease.',
  },
)

const maxClients = Type.Integer({
  default: 256,
  minimum: 8,
  maximum: 4096,
  description: 'The most clients watched at a time, at about 10 KB each.',
})

export const connectionFloodConfig = Type.Object(
  {
    enabled,
    minSilent: atLeast(200, 'Connections of one client within ten seconds that say nothing.'),
    minRequests: atLeast(
      1000,
      'Requests of one client within ten seconds, nearly all for the same page; over connections that it keeps, three times as many.',
    ),
    minCrowdRequests: atLeast(
      200,
      'Requests of many clients within ten seconds that pose as browsers and ask for one page alone.',
    ),
    minHandshakes: atLeast(
      1000,
      'Connections of one client within ten seconds that hold a TLS handshake and little else, nearly all alike.',
    ),
    maxClients,
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Floods of completed connections, of HTTP requests and of TLS handshakes.',
  },
)

export const http2FloodConfig = Type.Object(
  {
    enabled,
    minTakenBack: atLeast(
      1000,
      'HTTP/2 requests of one client within ten seconds that it takes back at once.',
    ),
    minEmptyFrames: atLeast(
      2000,
      'HTTP/2 frames of one client within ten seconds that bring nothing.',
    ),
    maxClients,
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Floods of HTTP/2 frames in the clear: requests taken back at once, empty frames.',
  },
)

export const renegotiationFloodConfig = Type.Object(
  {
    enabled,
    minSegments: atLeast(
      60,
      'Segments of TLS handshakes of one client within ten seconds, on connections whose handshake was over.',
    ),
    maxClients,
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Floods of TLS renegotiation.',
  },
)

export const slowHttpConfig = Type.Object(
  {
    enabled,
    minConnections: atLeast(
      50,
      'Connections of one client that never end a request, or never read.',
    ),
    maxClients,
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Slow HTTP: places of a server held by requests that never end.',
  },
)

export type ConnectionFloodConfig = Static<typeof connectionFloodConfig>
export type Http2FloodConfig = Static<typeof http2FloodConfig>
export type RenegotiationFloodConfig = Static<typeof renegotiationFloodConfig>
export type SlowHttpConfig = Static<typeof slowHttpConfig>
export const tunnelFloodConfig = Type.Object(
  {
    enabled,
    minPackets: atLeast(1000, 'Packets of a tunnel to one host within ten seconds.'),
    maxVictims: maxVictims(40),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Floods of made-up packets in GRE, IP in IP and other tunnels.',
  },
)
export type TunnelFloodConfig = Static<typeof tunnelFloodConfig>
export type IcmpFloodConfig = Static<typeof icmpFloodConfig>
export type FragmentFloodConfig = Static<typeof fragmentFloodConfig>
export type StrayFloodConfig = Static<typeof strayFloodConfig>
export type LinkFloodConfig = Static<typeof linkFloodConfig>
export type DhcpFloodConfig = Static<typeof dhcpFloodConfig>
export type SynFloodConfig = Static<typeof synFloodConfig>
export type CarpetFloodConfig = Static<typeof carpetFloodConfig>
export type FraggleConfig = Static<typeof fraggleConfig>
export type DnsFloodConfig = Static<typeof dnsFloodConfig>
