/** The links besides Ethernet: where a frame begins, told by its capture's link type. */
import { LinkType } from '../../capture/source.ts'
import { decodeIpv4 } from '../ip/ipv4.ts'
import { decodeIpv6 } from '../ip/ipv6.ts'
import type { Packet } from '../packet.ts'
import { decodeNullLoop } from './null-loop.ts'
import { decodePpp } from './ppp.ts'
import { decodePppoe } from './pppoe.ts'
import { decodeRadiotap } from './wireless/radiotap.ts'
import { decodeRaw } from './raw.ts'
import { decodeSll, decodeSll2 } from './sll.ts'
import { decodeWlan } from './wireless/wlan.ts'

/** Decodes a frame of any link type but Ethernet, and what it carries; false when no decoder reads the type. */
export function decodeLink(packet: Packet, linkType: number): boolean {
  switch (linkType) {
    case LinkType.LINUX_SLL:
      decodeSll(packet)
      return true
    case LinkType.LINUX_SLL2:
      decodeSll2(packet)
      return true
    case LinkType.NULL:
    case LinkType.LOOP:
      decodeNullLoop(packet)
      return true
    case LinkType.RAW:
      decodeRaw(packet)
      return true
    case LinkType.IPV4:
      decodeIpv4(packet)
      return true
    case LinkType.IPV6:
      decodeIpv6(packet)
      return true
    case LinkType.PPP:
    case LinkType.PPP_HDLC:
      decodePpp(packet)
      return true
    case LinkType.PPPOE:
      decodePppoe(packet)
      return true
    case LinkType.WLAN:
      decodeWlan(packet)
      return true
    case LinkType.RADIOTAP:
      decodeRadiotap(packet)
      return true
    default:
      return false
  }
}
