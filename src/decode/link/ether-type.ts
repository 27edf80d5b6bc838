/** What follows a link header, told by its EtherType: tags are peeled, then IP or ARP is decoded. */
import { decodeArp } from '../ip/arp.ts'
import { decodeIpv4 } from '../ip/ipv4.ts'
import { decodeIpv6 } from '../ip/ipv6.ts'
import { PacketKind, type Packet } from '../packet.ts'
import { decodeMpls } from './mpls.ts'
import { decodePppoe } from './pppoe.ts'
import { peelVlanTag } from './vlan.ts'

/** EtherTypes (IANA ieee-802-numbers). */
const EtherType = {
  IPV4: 0x0800,
  ARP: 0x0806,
  VLAN: 0x8100,
  IPV6: 0x86dd,
  MPLS: 0x8847,
  MPLS_MULTICAST: 0x8848,
  PPPOE_SESSION: 0x8864,
  QINQ: 0x88a8,
  OLD_QINQ: 0x9100,
} as const

/** Decodes what an EtherType says comes next; unknown types leave the kind `OTHER`. */
export function decodeEtherType(packet: Packet, etherType: number): void {
  let type = etherType
  while (type === EtherType.VLAN || type === EtherType.QINQ || type === EtherType.OLD_QINQ) {
    type = peelVlanTag(packet)
    if (type < 0) return
  }
  if (type === EtherType.IPV4) decodeIpv4(packet)
  else if (type === EtherType.IPV6) decodeIpv6(packet)
  else if (type === EtherType.ARP) decodeArp(packet)
  else if (type === EtherType.PPPOE_SESSION) decodePppoe(packet)
  else if (type === EtherType.MPLS || type === EtherType.MPLS_MULTICAST) decodeMpls(packet)
  else packet.kind = PacketKind.OTHER
}
