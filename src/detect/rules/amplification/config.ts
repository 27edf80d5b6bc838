/** What the detectors of reflected floods may be told. */
import { Type, type Static } from '../../../core/schema/config-field.ts'
import { enabled } from '../config-fields.ts'

const maxVictims = Type.Integer({
  default: 256,
  minimum: 8,
  maximum: 4096,
  description: 'The most hosts watched at a time, at about 20 KB each.',
})

export const reflectionConfig = Type.Object(
  {
    enabled,
    minReflectors: Type.Integer({
      default: 10,
      minimum: 3,
      maximum: 100000,
      description: 'Hosts that answer one which never asked; fewer are no reflection.',
    }),
    minAnswers: Type.Integer({
      default: 50,
      minimum: 10,
      maximum: 10000000,
      description:
        'Large answers within ten seconds; of small ones three times as many to a few ports, twenty times as many to ever new ones.',
    }),
    maxVictims,
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Answers of UDP services, from many hosts, to one that never asked.',
  },
)

export const tcpReflectionConfig = Type.Object(
  {
    enabled,
    minReflectors: Type.Integer({
      default: 50,
      minimum: 5,
      maximum: 100000,
      description: 'Hosts whose SYN-ACKs and RSTs come to one that sent them no SYN.',
    }),
    minAnswers: Type.Integer({
      default: 200,
      minimum: 20,
      maximum: 10000000,
      description: 'Such segments within ten seconds.',
    }),
    maxVictims,
  },
  {
    additionalProperties: false,
    default: {},
    description: 'SYN-ACKs and RSTs, from many hosts, to one that sent no SYN.',
  },
)

export const misusedReflectorConfig = Type.Object(
  {
    enabled,
    minRequests: Type.Integer({
      default: 200,
      minimum: 20,
      maximum: 10000000,
      description: 'Requests of one address to one service within about a minute.',
    }),
    minFactor: Type.Number({
      default: 8,
      minimum: 2,
      maximum: 1000,
      description: 'How many times as much the answers hold as the requests did.',
    }),
    maxPairs: Type.Integer({
      default: 1024,
      minimum: 8,
      maximum: 65536,
      description:
        'The most pairs of client and server watched at a time, at about 300 bytes each.',
    }),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'A server here that is made to flood somebody else with its answers.',
  },
)

export type ReflectionConfig = Static<typeof reflectionConfig>
export type TcpReflectionConfig = Static<typeof tcpReflectionConfig>
export type MisusedReflectorConfig = Static<typeof misusedReflectorConfig>
