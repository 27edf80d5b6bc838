/** What the response may be told. */
import { oneOf, Type, type Static } from '../core/schema/config-field.ts'

export const respondConfig = Type.Object(
  {
    firewall: oneOf(['iptables', 'iptables-plain', 'nftables', 'dry-run'], {
      default: 'iptables',
      description:
        '`iptables` with ipset, or as `iptables-plain` where the host has none; `iptables-plain` with a rule for each block, 1,000 of them at most, which end only while the agent runs; `nftables` with a table of its own; `dry-run` keeps blocks in the record and enforces nothing.',
    }),
    defaultTtlSeconds: Type.Integer({
      default: 3600,
      minimum: 1,
      maximum: 2147483,
      description: 'How long a block lasts that was ordered without a time.',
    }),
    minPrefix4: Type.Integer({
      default: 16,
      minimum: 1,
      maximum: 32,
      description: 'The widest IPv4 range that may be blocked.',
    }),
    minPrefix6: Type.Integer({
      default: 48,
      minimum: 1,
      maximum: 128,
      description: 'The widest IPv6 range that may be blocked.',
    }),
    maxActiveBlocks: Type.Integer({
      default: 10000,
      minimum: 1,
      maximum: 1000000,
      description: 'The most blocks in force at a time.',
    }),
    guardedHosts: Type.Array(Type.String({ minLength: 1, maxLength: 253 }), {
      default: [],
      maxItems: 1000,
      description:
        'Names or addresses that are never blocked beside those that are found out: other hosts of the fleet, bastions, monitoring.',
      examples: [['bastion.example.net', '192.0.2.53']],
    }),
    killSockets: Type.Boolean({
      default: false,
      description:
        "Whether to end this host's own sockets with a blocked peer too (`ss -K`), not only to drop their packets.",
    }),
    reconcileSeconds: Type.Integer({
      default: 8,
      minimum: 1,
      maximum: 3600,
      description: 'How often the firewall is compared with the record and put right.',
    }),
    onStop: oneOf(['keep', 'lift'], {
      default: 'keep',
      description: 'Whether blocks stay in the firewall while the agent is stopped.',
    }),
  },
  { additionalProperties: false, default: {}, description: 'Blocking.' },
)

export type RespondConfig = Static<typeof respondConfig>
