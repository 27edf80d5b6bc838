/** What the sweep detectors may be told. */
import { Type, type Static } from '../../../core/schema/config-field.ts'
import { enabled, forgetAfterSeconds } from '../config-fields.ts'

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

export type SweepConfig = Static<typeof sweepConfig>
