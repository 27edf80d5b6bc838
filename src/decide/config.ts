/** What policy may be told. */
import { oneOf, Type, type Static } from '../core/schema/config-field.ts'
import { FAMILIES } from '../detect/detection.ts'

/** `mon-fri 08:00-18:00`, `sat,sun 00:00-24:00`, `22:00-06:00`; days are those on which the hours begin. */
export const HOURS =
  /^(?:((?:mon|tue|wed|thu|fri|sat|sun)(?:-(?:mon|tue|wed|thu|fri|sat|sun))?(?:,(?:mon|tue|wed|thu|fri|sat|sun)(?:-(?:mon|tue|wed|thu|fri|sat|sun))?)*) )?([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]|24(?=:00$)):([0-5]\d)$/

const blockRule = Type.Object(
  {
    detector: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 60,
        description: 'Only this detector; absent for all.',
      }),
    ),
    kind: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 100,
        description: 'Only this kind, or kinds that begin with it and a dot.',
      }),
    ),
    minSeverity: Type.Integer({
      default: 7,
      minimum: 0,
      maximum: 10,
      description: 'The least severity to block for.',
    }),
    minConfidence: Type.Number({
      default: 0.9,
      minimum: 0,
      maximum: 1,
      description: 'The least confidence to block for.',
    }),
    ttlSeconds: Type.Integer({
      default: 3600,
      minimum: 1,
      maximum: 2147483,
      description: 'How long to block.',
    }),
    dryRun: Type.Optional(
      Type.Boolean({
        description: 'Only say in the event what would have been blocked.',
      }),
    ),
    hours: Type.Optional(
      Type.String({
        pattern: HOURS.source,
        examples: ['mon-fri 08:00-18:00'],
        maxLength: 60,
        description:
          'When the rule blocks, such as `mon-fri 08:00-18:00` or `22:00-06:00`, in policy.timeZone; outside it only says what would have been blocked.',
      }),
    ),
  },
  { additionalProperties: false },
)

const allowedRange = Type.Object(
  {
    range: Type.String({
      format: 'cidr',
      maxLength: 49,
      description: 'The address or range.',
    }),
    comment: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 500,
        description: 'Why it must not be blocked; told with each refusal.',
      }),
    ),
    expires: Type.Optional(
      Type.String({
        format: 'time',
        maxLength: 40,
        description: 'Until when, as an RFC 3339 time; absent for good.',
      }),
    ),
  },
  { additionalProperties: false },
)

/** One schema for both ways to write an entry: of a union a fault would be told once for each. */
const allowlistEntry = Type.Unsafe<string | Static<typeof allowedRange>>({
  ...allowedRange,
  type: ['string', 'object'],
  format: 'cidr',
  maxLength: 49,
})

export const policyConfig = Type.Object(
  {
    mode: oneOf(['alert', 'block'], {
      default: 'alert',
      description:
        '`alert` never blocks by itself (events say what would have been blocked); `block` lets `blockWhen` act.',
    }),
    blockWhen: Type.Array(blockRule, {
      default: [],
      maxItems: 100,
      description: 'The first rule that fits a detection blocks its attacker.',
      examples: [
        [{ detector: 'ssh-bruteforce', minSeverity: 6, minConfidence: 0.9, ttlSeconds: 3600 }],
      ],
    }),
    maxBlocksPerMinute: Type.Integer({
      default: 10,
      minimum: 1,
      maximum: 10000,
      description:
        'The most automatic blocks in a minute; beyond it a breaker opens, says so in an event, and detections only alert.',
    }),
    breakerSeconds: Type.Integer({
      default: 600,
      minimum: 60,
      maximum: 86400,
      description: 'How long the breaker stays open.',
    }),
    timeZone: Type.String({
      default: 'UTC',
      format: 'time-zone',
      maxLength: 60,
      description: 'The IANA time zone that the hours of rules are meant in.',
      examples: ['Europe/Berlin'],
    }),
    repeatFactor: Type.Number({
      default: 2,
      minimum: 1,
      maximum: 100,
      description: 'How many times longer each further automatic block of the same target lasts.',
    }),
    repeatDays: Type.Integer({
      default: 30,
      minimum: 1,
      maximum: 365,
      description: 'For how long an automatic block counts towards those.',
    }),
    maxTtlSeconds: Type.Integer({
      default: 604800,
      minimum: 60,
      maximum: 2147483,
      description: 'The longest automatic block.',
    }),
    liftQuietSeconds: Type.Integer({
      default: 86400,
      minimum: 0,
      maximum: 2147483,
      description: 'How long nobody is blocked automatically whose block somebody has lifted.',
    }),
    ipv6Prefix: Type.Integer({
      default: 128,
      minimum: 48,
      maximum: 128,
      description:
        'What an automatic block of an IPv6 address takes: 128 is the address, 64 the network that one attacker usually has to itself; where somebody is in it who must not be blocked, it is the address.',
    }),
    allowlist: Type.Array(allowlistEntry, {
      default: [],
      maxItems: 10000,
      description:
        'Addresses and ranges (CIDR) that are never blocked, by whomever; each alone, or with a comment and an end.',
      examples: [
        [
          '192.0.2.10',
          {
            range: '2001:db8:1::/48',
            comment: 'penetration test',
            expires: '2026-12-31T00:00:00Z',
          },
        ],
      ],
    }),
    incidentQuietHours: Type.Integer({
      default: 24,
      minimum: 1,
      maximum: 720,
      description:
        'Events about the same attacker or host join one incident until it was quiet for this long.',
    }),
    foldSeconds: Type.Integer({
      default: 3600,
      minimum: 10,
      maximum: 86400,
      description: 'A repeat of a story within this time of its last sign joins the same event.',
    }),
  },
  { additionalProperties: false, default: {}, description: 'What is done about detections.' },
)

export type PolicyConfig = Static<typeof policyConfig>
export type BlockRule = Static<typeof blockRule>

/** Says which rules can never fit, each beginning with the field: they would look as if they blocked. */
export function policyFaults({ blockWhen }: PolicyConfig): readonly string[] {
  return blockWhen.flatMap(({ kind }, index) => {
    if (kind === undefined || FAMILIES.some((family) => family === kind.split('.')[0])) return []
    const expected = `a kind that begins with one of ${FAMILIES.join(', ')}`
    return [`blockWhen.${index}.kind is ${JSON.stringify(kind)}; expected ${expected}`]
  })
}
