/** What the sensor may keep of packets, as evidence for events. */
import { Type, type Static } from '../core/schema/config-field.ts'

export const evidenceConfig = Type.Object(
  {
    enabled: Type.Boolean({
      default: true,
      description:
        'Whether the first packets of an event are kept with it, as a pcap to download. They hold what was sent, as far as snapBytes go.',
    }),
    maxMemoryMegabytes: Type.Integer({
      default: 8,
      minimum: 1,
      maximum: 1024,
      description:
        'Memory of one sensor for the packets just seen, in MB; when it is full the oldest give way. What is told later than that has lost its first packets.',
    }),
    maxPacketsPerEvent: Type.Integer({
      default: 64,
      minimum: 1,
      maximum: 1000,
      description: 'The most packets kept with one event.',
    }),
    snapBytes: Type.Integer({
      default: 256,
      minimum: 64,
      maximum: 65535,
      description: 'Bytes kept of each packet, from its link header on.',
    }),
    minSeverity: Type.Integer({
      default: 4,
      minimum: 0,
      maximum: 10,
      description: 'Events below it are kept without packets.',
    }),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Evidence: the packets behind an event.',
  },
)

export type EvidenceConfig = Static<typeof evidenceConfig>
