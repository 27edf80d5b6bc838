/** What the spoofing detectors may be told. */
import { Type, type Static } from '../../../core/schema/config-field.ts'
import { enabled, forgetAfterSeconds } from '../config-fields.ts'

export const neighbourSpoofingConfig = Type.Object(
  {
    enabled,
    minUnaskedAnswers: Type.Integer({
      default: 2,
      minimum: 1,
      maximum: 100,
      description:
        'Answers that nobody asked for, claiming an address of another card, that make a lie.',
    }),
    minAnnouncements: Type.Integer({
      default: 12,
      minimum: 6,
      maximum: 1000,
      description:
        'Announcements of an address that another card bears, none 150 s after the one before, that make a lie; half as many where the other speaks up in between. A failover announces up to ten times.',
    }),
    minDeniedAddresses: Type.Integer({
      default: 2,
      minimum: 1,
      maximum: 100,
      description:
        'New addresses of the link refused as taken (duplicate address detection) that make a denial.',
    }),
    forgetAfterSeconds: forgetAfterSeconds(600),
    maxAddresses: Type.Integer({
      default: 4096,
      minimum: 64,
      maximum: 65536,
      description:
        'The most addresses of the link that are remembered, and a quarter as many cards: 2 MB, and up to 20 MB while somebody lies about them all.',
    }),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Neighbours that claim the addresses of others by ARP or Neighbour Discovery.',
  },
)

export const routerSpoofingConfig = Type.Object(
  { enabled, forgetAfterSeconds: forgetAfterSeconds(1800) },
  {
    additionalProperties: false,
    default: {},
    description:
      'False routers: router advertisements and redirects in the name of others, second routers, newcomers that bring routes.',
  },
)

export const dhcpSpoofingConfig = Type.Object(
  { enabled, forgetAfterSeconds: forgetAfterSeconds(1800) },
  {
    additionalProperties: false,
    default: {},
    description: 'A second DHCP server that names another router or resolver.',
  },
)

export const nameSpoofingConfig = Type.Object(
  {
    enabled,
    minAnsweredNames: Type.Integer({
      default: 3,
      minimum: 2,
      maximum: 100,
      description:
        'Different names that one host says are its own by LLMNR or NetBIOS; an honest one has its own and its workgroup.',
    }),
    minForgedAnswers: Type.Integer({
      default: 20,
      minimum: 4,
      maximum: 10000,
      description: 'DNS answers that fit no question of their flow that make a poisoning attempt.',
    }),
    forgetAfterSeconds: forgetAfterSeconds(600),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'False answers to questions for names: DNS races and guesses, LLMNR and NetBIOS.',
  },
)

export type NeighbourSpoofingConfig = Static<typeof neighbourSpoofingConfig>
export type RouterSpoofingConfig = Static<typeof routerSpoofingConfig>
export type DhcpSpoofingConfig = Static<typeof dhcpSpoofingConfig>
export type NameSpoofingConfig = Static<typeof nameSpoofingConfig>

export const forgedResetsConfig = Type.Object(
  {
    enabled,
    minConnections: Type.Integer({
      default: 6,
      minimum: 2,
      maximum: 100000,
      description:
        'Connections of one host that both ends seem to have reset, one soon after another.',
    }),
    forgetAfterSeconds: forgetAfterSeconds(900),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'TCP connections that somebody between the ends cuts with forged resets.',
  },
)

export type ForgedResetsConfig = Static<typeof forgedResetsConfig>
