/** What the scan detectors may be told. */
import { Type, type Static } from '../../../core/schema/config-field.ts'
import { enabled, forgetAfterSeconds } from '../config-fields.ts'

export const portScanConfig = Type.Object(
  {
    enabled,
    minPorts: Type.Integer({
      default: 12,
      minimum: 3,
      maximum: 65535,
      description: 'Ports of one host tried in vain that make a scan.',
    }),
    minRawPorts: Type.Integer({
      default: 8,
      minimum: 3,
      maximum: 65535,
      description:
        'The same for SYNs that no socket makes, with no more than a segment size among their options, and for datagrams half of which are refused.',
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

export type PortScanConfig = Static<typeof portScanConfig>

export const sipAbuseConfig = Type.Object(
  {
    enabled,
    minExtensions: Type.Integer({
      default: 16,
      minimum: 4,
      maximum: 256,
      description: 'Extensions of one telephone system that one client tries in vain.',
    }),
    callsIn10Seconds: Type.Integer({
      default: 100,
      minimum: 10,
      maximum: 1000000,
      description: 'Calls of one client to one system within ten seconds, hardly any taken up.',
    }),
    forgetAfterSeconds: forgetAfterSeconds(900),
  },
  {
    additionalProperties: false,
    default: {},
    description:
      'Telephone systems that are looked for, searched for extensions or drowned in calls.',
  },
)

export type SipAbuseConfig = Static<typeof sipAbuseConfig>

export const nameGuessingConfig = Type.Object(
  {
    enabled,
    minNames: Type.Integer({
      default: 60,
      minimum: 10,
      maximum: 4096,
      description:
        'Names of hosts beneath one domain that one client asks for and that do not exist; three times as many are an alert.',
    }),
    forgetAfterSeconds: forgetAfterSeconds(300),
  },
  {
    additionalProperties: false,
    default: {},
    description: "Names of a domain's hosts that are guessed from a list of words.",
  },
)

export type NameGuessingConfig = Static<typeof nameGuessingConfig>

export const mailUsersConfig = Type.Object(
  {
    enabled,
    minUsers: Type.Integer({
      default: 12,
      minimum: 4,
      maximum: 512,
      description:
        'Users of one mail server that one client asks for by VRFY or EXPN, or names as recipients and that are mostly not there.',
    }),
    forgetAfterSeconds: forgetAfterSeconds(900),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Mail servers that are searched for users.',
  },
)

export type MailUsersConfig = Static<typeof mailUsersConfig>
