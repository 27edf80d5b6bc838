/**
 * Reads what routers tell each other on a link, as far as it says who takes part and who brings routes: VRRP, RIP,
 * OSPF, EIGRP.
 *
 * Source: RFC 9568 §5.2 and RFC 3768 §5.3 (VRRP), RFC 2453 §4 (RIP), RFC 2328 §A.3.1 (OSPF), RFC 7868 §6.5 (EIGRP).
 * Left out: OSPF and RIP for IPv6, whose speakers have link-local addresses; IS-IS, GLBP.
 */
import { readInt32, type Packet } from '../../../../decode/index.ts'
import { PacketKind } from '../../../../decode/packet.ts'
import { mix } from '../../state/pair-key.ts'

const Protocol = { UDP: 17, EIGRP: 88, OSPF: 89, VRRP: 112 } as const
const RIP_PORT = 520
const RIP = { header: 4, entry: 20, prefix: 4, mask: 8, metric: 19 } as const
const RIP_RESPONSE = 2
const IPV4_FAMILY = 2
const UNREACHABLE = 16
const OSPF = { header: 24, type: 1, area: 8 } as const
const OSPF_UPDATE = 4
const EIGRP = { header: 20, opcode: 1, system: 16 } as const
const EIGRP_UPDATE = 1
const VRRP = { header: 8, group: 1, priority: 2, addresses: 3, first: 8 } as const

/** One router's word to the others on its link. */
export type RouterTalk =
  | {
      readonly protocol: 'VRRP'
      /** Among those of its protocol and link, which virtual router it is about. */
      readonly group: number
      readonly priority: number
      /** Whether the speaker bears one of the addresses itself. */
      readonly isOwner: boolean
    }
  | { readonly protocol: 'OSPF' | 'EIGRP'; readonly group: number; readonly bringsRoutes: boolean }
  | { readonly protocol: 'RIP'; readonly group: number; readonly routes: readonly RipRoute[] }

export interface RipRoute {
  /** Hash of prefix and mask. */
  readonly key: number
  readonly isDefault: boolean
  readonly metric: number
}

/** Returns what the packet says; null where it is no such word. Cost: two comparisons for any other packet. */
export function routerTalkOf(packet: Packet): RouterTalk | null {
  if (packet.kind !== PacketKind.IP || packet.ipVersion !== 4) return null
  switch (packet.protocol) {
    case Protocol.UDP:
      return packet.sourcePort === RIP_PORT && packet.destinationPort === RIP_PORT
        ? ripOf(packet)
        : null
    case Protocol.VRRP:
      return packet.ttl === 255 ? vrrpOf(packet) : null
    case Protocol.OSPF:
      return ospfOf(packet)
    case Protocol.EIGRP:
      return eigrpOf(packet)
    default:
      return null
  }
}

function vrrpOf(packet: Packet): RouterTalk | null {
  const { buffer, payloadOffset: at, payloadCaptured, source3 } = packet
  if (payloadCaptured < VRRP.header + 4) return null
  const count = Math.min(buffer[at + VRRP.addresses]!, (payloadCaptured - VRRP.first) >> 2)
  const places = Array.from({ length: count }, (_, index) => at + VRRP.first + index * 4)
  return {
    protocol: 'VRRP',
    group: mix(buffer[at + VRRP.group]!, readInt32(buffer, at + VRRP.first)),
    priority: buffer[at + VRRP.priority]!,
    isOwner: places.some((place) => readInt32(buffer, place) === source3),
  }
}

function ospfOf({ buffer, payloadOffset: at, payloadCaptured }: Packet): RouterTalk | null {
  if (payloadCaptured < OSPF.header || buffer[at] !== 2) return null
  const group = readInt32(buffer, at + OSPF.area)
  return { protocol: 'OSPF', group, bringsRoutes: buffer[at + OSPF.type] === OSPF_UPDATE }
}

function eigrpOf({ buffer, payloadOffset: at, payloadCaptured }: Packet): RouterTalk | null {
  if (payloadCaptured < EIGRP.header || buffer[at] !== 2) return null
  const group = readInt32(buffer, at + EIGRP.system)
  return { protocol: 'EIGRP', group, bringsRoutes: buffer[at + EIGRP.opcode] === EIGRP_UPDATE }
}

function ripOf({ buffer, payloadOffset: at, payloadCaptured }: Packet): RouterTalk | null {
  if (payloadCaptured < RIP.header + RIP.entry || buffer[at] !== RIP_RESPONSE) return null
  const routes: RipRoute[] = []
  for (let from = RIP.header; from + RIP.entry <= payloadCaptured; from += RIP.entry) {
    const metric = buffer[at + from + RIP.metric]!
    if (buffer[at + from + 1] !== IPV4_FAMILY || metric >= UNREACHABLE) continue
    const prefix = readInt32(buffer, at + from + RIP.prefix)
    const mask = readInt32(buffer, at + from + RIP.mask)
    routes.push({ key: mix(mix(0, prefix), mask), isDefault: prefix === 0 && mask === 0, metric })
  }
  return { protocol: 'RIP', group: 0, routes }
}
