/** What the exfiltration detectors may be told. */
import { Type, type Static } from '../../../core/schema/config-field.ts'
import { enabled, forgetAfterSeconds } from '../config-fields.ts'

export const uploadConfig = Type.Object(
  {
    enabled,
    minMegabytes: Type.Integer({
      default: 50,
      minimum: 1,
      maximum: 1000000,
      description:
        'What a host sends to one outside address within an hour, at least, to be told of.',
    }),
    minNamelessMegabytes: Type.Integer({
      default: 1,
      minimum: 1,
      maximum: 1000000,
      description:
        'The same to a far end that nobody named (no DNS answer, server name or host field): little is enough to alert.',
    }),
    minRatio: Type.Integer({
      default: 10,
      minimum: 2,
      maximum: 1000,
      description: 'How many times as much it sends there as it receives.',
    }),
    learnHours: Type.Integer({
      default: 24,
      minimum: 1,
      maximum: 720,
      description:
        'Hours in which a host sent anything outside before its past counts; until then uploads are notable, not alerts.',
    }),
    timesPast: Type.Integer({
      default: 10,
      minimum: 2,
      maximum: 1000,
      description: "How many times the host's busiest hour so far an upload must be to alert.",
    }),
  },
  {
    additionalProperties: false,
    default: {},
    description: "Uploads to one outside address, far beyond this host's own past.",
  },
)

export type UploadConfig = Static<typeof uploadConfig>

export const stealersConfig = Type.Object(
  { enabled, forgetAfterSeconds: forgetAfterSeconds(3600) },
  {
    additionalProperties: false,
    default: {},
    description: 'Stealers and keyloggers that send what they took by mail or FTP in the clear.',
  },
)

export type StealersConfig = Static<typeof stealersConfig>
