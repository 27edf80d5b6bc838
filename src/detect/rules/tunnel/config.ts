/** What the tunnel detectors may be told. */
import { Type, type Static } from '../../../core/schema/config-field.ts'
import { enabled, forgetAfterSeconds } from '../config-fields.ts'

export const dnsTunnelConfig = Type.Object(
  {
    enabled,
    minEvidence: Type.Integer({
      default: 12,
      minimum: 4,
      maximum: 10000,
      description:
        'Names under one domain that look like data, each asked for once by one host, that make a tunnel; a name of 32 characters counts as two, one of 8 as half.',
    }),
    forgetAfterSeconds: forgetAfterSeconds(3600),
    maxSuspects: Type.Integer({
      default: 4096,
      minimum: 64,
      maximum: 65536,
      description: 'The most pairs of host and domain kept under suspicion, at up to 8 KB each.',
    }),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Data carried in names and answers of DNS (iodine, dnscat2, dns2tcp, Saitama).',
  },
)

export type DnsTunnelConfig = Static<typeof dnsTunnelConfig>

export const icmpTunnelConfig = Type.Object(
  {
    enabled,
    minMessages: Type.Integer({
      default: 8,
      minimum: 4,
      maximum: 10000,
      description:
        'Echo replies with other bytes than were sent, or to no request, between two hosts, that make a tunnel; of echo messages with ever new content alone it takes four times as many.',
    }),
    forgetAfterSeconds: forgetAfterSeconds(600),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Data carried in ICMP and ICMPv6 echo (ptunnel, hans, icmptunnel, icmpsh, Loki).',
  },
)

export type IcmpTunnelConfig = Static<typeof icmpTunnelConfig>

export const oddPortConfig = Type.Object(
  { enabled, forgetAfterSeconds: forgetAfterSeconds(600) },
  {
    additionalProperties: false,
    default: {},
    description:
      'Protocols on ports where firewalls expect others: SSH or unreadable bytes on 53, SSH on 443.',
  },
)

export type OddPortConfig = Static<typeof oddPortConfig>

export const encryptedDnsConfig = Type.Object(
  { enabled, forgetAfterSeconds: forgetAfterSeconds(600) },
  {
    additionalProperties: false,
    default: {},
    description:
      'Tunnels within DNS over HTTPS or TLS, by the pace of the questions; hosts that resolve for others are passed over.',
  },
)

export type EncryptedDnsConfig = Static<typeof encryptedDnsConfig>
