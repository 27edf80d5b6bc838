/**
 * What ARP and Neighbour Discovery say alike: "this address is at that MAC", to whom, and whether asked.
 *
 * Source: RFC 826, RFC 5227 (ARP probes and announcements), RFC 4861 §4.3, §4.4 and §7.2.
 */
import type { Packet } from '../../../../../decode/packet.ts'
import { formatIpv4Word, formatIpv6Words } from '../../../../../net/address.ts'
import { readInt32, readUint48 } from '../../../../../decode/index.ts'
import { destinationHash, ipv4Hash, ipv6Hash, sourceHash } from '../../../state/packet-address.ts'
import { isMadeOf, isStation } from '../mac.ts'

/** How an address is claimed. */
export const Way = {
  /** Nobody is meant: the question is all that is asked for, "who has, tell me". */
  ASK: 0,
  /** The same to one station alone: a poll of a neighbour that is known. */
  POLL: 1,
  /** To everybody, without a question. */
  ANNOUNCE: 2,
  /** To one station alone. */
  ANSWER: 3,
} as const

export const ROUTER_SOLICITATION = 133
export const ROUTER_ADVERTISEMENT = 134
export const NEIGHBOUR_SOLICITATION = 135
export const NEIGHBOUR_ADVERTISEMENT = 136

const ARP_REQUEST = 1
const ARP_REPLY = 2
const ADDRESS_LENGTH = 16
const SOURCE_LINK_OPTION = 1
const TARGET_LINK_OPTION = 2
const MOST_OPTIONS = 8
const SOLICITED = 0x4000

/** One claim, reused from call to call. Addresses are hashes; their words stay in `packet` or are the target's. */
export class Claim {
  ipVersion = 4
  vlan = 0
  nowUs = 0
  way: number = Way.ASK
  /** Whose MAC it is to be; 0 when nothing is claimed (a probe). */
  mac = 0
  /** Who sent the frame; as `mac` where the link does not tell. */
  teller = 0
  /** Hash of the claimed address. */
  address = 0
  /** Hash of the address that is asked for, 0 when none is. */
  question = 0
  /** Hash of who asks or is told; 0 for nobody in particular. */
  other = 0
  /** The claimed address is the one a Neighbour Advertisement speaks of. */
  isTarget = false
  /** It says itself that nobody asked (RFC 4861 §4.4, the Solicited flag). */
  isUnbidden = false
  /** The claimed address is made of the MAC: nobody else's can be. */
  isOfCard = false
  readonly target = new Int32Array(4)

  /** Fills in what an ARP message says; false when it says nothing of use. */
  readArp(packet: Packet): boolean {
    const operation = packet.arpOperation
    if (operation !== ARP_REQUEST && operation !== ARP_REPLY) return false
    this.#begin(packet, 4, packet.arpSenderMac)
    const sender = packet.source3
    const target = packet.destination3
    const isToAll = packet.destinationMac !== 0 && !isStation(packet.destinationMac)
    this.address = ipv4Hash(sender)
    this.isTarget = false
    if (sender === 0) this.mac = 0
    if (operation === ARP_REPLY && !isToAll && target !== sender) {
      this.way = Way.ANSWER
      // An answer to a probe is for an address that nobody has yet.
      this.other = target === 0 ? 0 : ipv4Hash(target)
      return sender !== 0
    }
    const isToStation = packet.isToUnnamedStation || isStation(packet.destinationMac)
    this.way = isToStation ? Way.POLL : Way.ASK
    if (operation === ARP_REPLY || sender === target) this.way = Way.ANNOUNCE
    else this.question = ipv4Hash(target)
    this.other = this.address
    return true
  }

  /** Fills in what a Neighbour Solicitation or Advertisement says; false when it says nothing of use. */
  readNeighbour(packet: Packet): boolean {
    if (packet.sourcePort === ROUTER_SOLICITATION) return this.#readRouterSolicitation(packet)
    if (packet.payloadCaptured < ADDRESS_LENGTH) return false
    const isSolicitation = packet.sourcePort === NEIGHBOUR_SOLICITATION
    const option = isSolicitation ? SOURCE_LINK_OPTION : TARGET_LINK_OPTION
    this.#begin(packet, 6, linkAddress(packet, option) || packet.sourceMac)
    for (let word = 0; word < 4; word += 1) {
      this.target[word] = readInt32(packet.buffer, packet.payloadOffset + 4 * word)
    }
    const target = ipv6Hash(this.target)
    const isToGroup = packet.destination0 >>> 24 === 0xff
    this.isTarget = !isSolicitation
    if (isSolicitation) {
      const isProbe = (packet.source0 | packet.source1 | packet.source2 | packet.source3) === 0
      this.way = isToGroup ? Way.ASK : Way.POLL
      this.address = sourceHash(packet)
      this.question = target
      this.other = this.address
      if (isProbe) this.mac = 0
      return true
    }
    this.way = isToGroup ? Way.ANNOUNCE : Way.ANSWER
    this.isUnbidden = (packet.icmpIdentifier & SOLICITED) === 0
    this.address = target
    this.isOfCard = isMadeOf(this.mac, this.target[2]!, this.target[3]!)
    this.other = isToGroup ? 0 : destinationHash(packet)
    return true
  }

  /** It asks for routers, not for an address, and says who it is. */
  #readRouterSolicitation(packet: Packet): boolean {
    if ((packet.source0 | packet.source1 | packet.source2 | packet.source3) === 0) return false
    this.#begin(packet, 6, packet.sourceMac)
    this.isTarget = false
    this.way = Way.ASK
    this.address = sourceHash(packet)
    return true
  }

  /** Prints the claimed address; allocates. */
  addressText(packet: Packet): string {
    if (this.ipVersion === 4) return formatIpv4Word(packet.source3)
    const { target } = this
    if (this.isTarget) return formatIpv6Words(target[0]!, target[1]!, target[2]!, target[3]!)
    return formatIpv6Words(packet.source0, packet.source1, packet.source2, packet.source3)
  }

  #begin(packet: Packet, ipVersion: number, mac: number): void {
    this.ipVersion = ipVersion
    this.vlan = packet.vlan
    this.nowUs = packet.timestampUs
    this.mac = isStation(mac) ? mac : 0
    this.teller = isStation(packet.sourceMac) ? packet.sourceMac : this.mac
    this.question = 0
    this.other = 0
    this.isUnbidden = false
    this.isOfCard = false
  }
}

/** Reads a link-layer address option; 0 when there is none (RFC 4861 §4.6.1). */
function linkAddress(packet: Packet, option: number): number {
  return linkAddressAfter(packet, option, ADDRESS_LENGTH)
}

/** As `linkAddress`, of options that begin `skip` bytes into the payload. */
function linkAddressAfter(packet: Packet, option: number, skip: number): number {
  const { buffer } = packet
  const end = packet.payloadOffset + packet.payloadCaptured
  let at = packet.payloadOffset + skip
  for (let count = 0; count < MOST_OPTIONS && at + 8 <= end; count += 1) {
    if (buffer[at] === option) return readUint48(buffer, at + 2)
    if (buffer[at + 1] === 0) return 0
    at += buffer[at + 1]! * 8
  }
  return 0
}
