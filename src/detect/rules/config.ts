/** What the behaviour detectors may be told, a section each. */
import { Type, type Static } from '../../core/config-field.ts'

const enabled = Type.Boolean({ default: true, description: 'Whether this detector runs.' })

const forgetAfterSeconds = (seconds: number) =>
  Type.Integer({
    default: seconds,
    minimum: 10,
    maximum: 86400,
    description: 'A suspect that does nothing for this long is forgotten, and its story is over.',
  })

export const portScanConfig = Type.Object(
  {
    enabled,
    minPorts: Type.Integer({
      default: 12,
      minimum: 3,
      maximum: 65535,
      description: 'Ports of one host tried in vain that make a scan.',
    }),
    minStealthPorts: Type.Integer({
      default: 5,
      minimum: 2,
      maximum: 65535,
      description:
        'The same for probes that no innocent program sends (FIN, NULL, XMAS and the like).',
    }),
    minProtocols: Type.Integer({
      default: 6,
      minimum: 3,
      maximum: 255,
      description:
        'IP protocols, other than TCP, UDP and ICMP, of one host tried that make a scan.',
    }),
    forgetAfterSeconds: forgetAfterSeconds(1800),
    maxTargets: Type.Integer({
      default: 2048,
      minimum: 16,
      maximum: 65536,
      description: 'The most pairs of source and host kept under suspicion, at up to 32 KB each.',
    }),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Vertical scans: many ports of one host.',
  },
)

export const sweepConfig = Type.Object(
  {
    enabled,
    minNeighbours: Type.Integer({
      default: 12,
      minimum: 4,
      maximum: 256,
      description: 'Addresses of one /24 tried in vain on one port (or by ping) that make a sweep.',
    }),
    minScattered: Type.Integer({
      default: 40,
      minimum: 8,
      maximum: 100000,
      description: 'Addresses anywhere tried in vain on one port (or by ping) that make a sweep.',
    }),
    minArpTargets: Type.Integer({
      default: 24,
      minimum: 8,
      maximum: 65536,
      description: 'Addresses that one host asks for by ARP within ten seconds that make a sweep.',
    }),
    forgetAfterSeconds: forgetAfterSeconds(300),
    maxGroups: Type.Integer({
      default: 512,
      minimum: 16,
      maximum: 16384,
      description: 'The most pairs of source and port kept under suspicion, at up to 64 KB each.',
    }),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Horizontal sweeps: many hosts, few ports.',
  },
)

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
    maxVictims: Type.Integer({
      default: 256,
      minimum: 8,
      maximum: 4096,
      description: 'The most hosts watched at a time, at about 20 KB each.',
    }),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Floods of SYNs that are never completed.',
  },
)

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

export const fragmentsConfig = Type.Object(
  { enabled, forgetAfterSeconds: forgetAfterSeconds(300) },
  {
    additionalProperties: false,
    default: {},
    description: 'Fragments that overlap, or cut TCP headers apart, to slip past whoever watches.',
  },
)

export type PortScanConfig = Static<typeof portScanConfig>
export type SweepConfig = Static<typeof sweepConfig>
export type FragmentsConfig = Static<typeof fragmentsConfig>
export type SynFloodConfig = Static<typeof synFloodConfig>
export type LoginConfig = Static<typeof sshBruteforceConfig>
