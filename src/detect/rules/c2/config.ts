/** What the detectors of command and control may be told. */
import { Type, type Static } from '../../../core/schema/config-field.ts'
import { enabled, forgetAfterSeconds } from '../config-fields.ts'

export const c2Config = Type.Object(
  {
    enabled,
    minWeight: Type.Number({
      default: 1,
      minimum: 0.5,
      maximum: 3,
      description:
        'The weight of all signs (rhythm, protocol, place, identity, content, known tools) that makes an alert.',
    }),
    minRepeats: Type.Integer({
      default: 8,
      minimum: 5,
      maximum: 1000,
      description: 'Connections or requests before their rhythm is judged.',
    }),
    minFailures: Type.Integer({
      default: 8,
      minimum: 5,
      maximum: 1000,
      description:
        'Connections that the far end refused, ignored or met with silence that are a sign.',
    }),
    forgetAfterSeconds: forgetAfterSeconds(3600),
  },
  {
    additionalProperties: false,
    default: {},
    description:
      'Hosts that are under the command of somebody outside: beacons, remote-control programs, bots.',
  },
)

export const iotBotConfig = Type.Object(
  {
    enabled,
    minNetworks: Type.Integer({
      default: 40,
      minimum: 8,
      maximum: 100000,
      description:
        'Networks (/24) in which one host tries the ports of ill-kept devices that make it a bot.',
    }),
    forgetAfterSeconds: forgetAfterSeconds(600),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Hosts that look for devices to infect, as Mirai and its kin do.',
  },
)

export const madeUpDomainsConfig = Type.Object(
  {
    enabled,
    minDomains: Type.Integer({
      default: 15,
      minimum: 5,
      maximum: 400,
      description:
        'Domains that do not exist, and look made up by a program, that one host asks for.',
    }),
    forgetAfterSeconds: forgetAfterSeconds(900),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Hosts that look for their commander under domains made up by the day.',
  },
)

export const spamBotConfig = Type.Object(
  {
    enabled,
    minServers: Type.Integer({
      default: 30,
      minimum: 5,
      maximum: 100000,
      description: 'Mail servers outside that one host, itself none, speaks to.',
    }),
    forgetAfterSeconds: forgetAfterSeconds(600),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Hosts that send mail to the world by themselves.',
  },
)

export const minerConfig = Type.Object(
  { enabled, forgetAfterSeconds: forgetAfterSeconds(3600) },
  {
    additionalProperties: false,
    default: {},
    description: 'Hosts that mine cryptocurrency for a pool, in the clear.',
  },
)

export type MinerConfig = Static<typeof minerConfig>
export type MadeUpDomainsConfig = Static<typeof madeUpDomainsConfig>
export type SpamBotConfig = Static<typeof spamBotConfig>
export type C2Config = Static<typeof c2Config>
export type IotBotConfig = Static<typeof iotBotConfig>
