/** What capture may be told. */
import { oneOf, stringOrNull, Type, type Static } from '../core/schema/config-field.ts'

export const captureConfig = Type.Object(
  {
    interfaces: Type.Array(Type.String({ minLength: 1, maxLength: 15 }), {
      default: ['auto'],
      maxItems: 32,
      description:
        'Interfaces to capture on; `auto` stands for those by which this host speaks with others (not ports of bridges and bonds, bridges of containers, VLANs on a card that is captured, or loopback), at most eight, also such as come later; an empty list captures nothing.',
      examples: [['eth0', 'eth1']],
    }),
    driver: oneOf(['auto', 'tcpdump', 'cap'], {
      default: 'auto',
      description:
        '`auto` takes tcpdump where it is installed and may start (root in a container may lack the right to change its user), else the in-process `cap`.',
    }),
    snapLengthBytes: Type.Integer({
      default: 1600,
      minimum: 96,
      maximum: 262144,
      description: 'Bytes kept of each frame.',
    }),
    bufferMegabytes: Type.Integer({
      default: 64,
      minimum: 1,
      maximum: 1024,
      description: "The kernel's capture buffer for each interface, in MiB.",
    }),
    delivery: oneOf(['auto', 'prompt', 'batched'], {
      default: 'auto',
      description:
        '`batched` lets a frame wait for up to a second on a quiet link; `prompt` hands each over at once, at about twice the CPU a frame; `auto` is `prompt` where policy.mode is `block`, so that blocks come in time.',
    }),
    tcpdumpUser: stringOrNull({
      minLength: 1,
      maxLength: 32,
      default: 'tcpdump',
      description:
        'The user tcpdump and the sensor that reads it become once the interface is open, where they were started as root; null to stay root.',
    }),
  },
  { additionalProperties: false, default: {}, description: 'Where packets come from.' },
)

export type CaptureConfig = Static<typeof captureConfig>
