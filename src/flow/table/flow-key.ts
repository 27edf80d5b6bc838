/**
 * The key of a flow, taken from a packet: addresses, ports, protocol and VLAN, and their keyed hash.
 *
 * The depth of tunnels is in it too: the `any` device shows a packet in its tunnel and bare, and in
 * one flow each would look sent twice.
 *
 * The hash is the same for both directions. Its seeds are secret to the process, since whoever floods a
 * host chooses addresses and ports and would otherwise choose the bucket too.
 */
import { IpProtocol } from '../../net/protocol.ts'
import type { Packet } from '../../decode/index.ts'
import { NO_COUNTERPART, hasIcmpIdentifier, icmpCounterpart, isIcmpRequest } from '../icmp-pairs.ts'
import { seedsFrom } from '../../core/hash-seeds.ts'

/** The bits of a key's `meta` word. */
export const Meta = {
  PROTOCOL_MASK: 0xff,
  IPV6: 1 << 8,
  TUNNEL_SHIFT: 9,
  VLAN_SHIFT: 16,
} as const

/** The bit of an ICMP "port" that tells the direction of messages that stand alone. */
const ONE_WAY = 0x100

/** A key, filled anew for every packet; fields as in the record of a flow whose originator is the source. */
export class FlowKey {
  source0 = 0
  source1 = 0
  source2 = 0
  source3 = 0
  destination0 = 0
  destination1 = 0
  destination2 = 0
  destination3 = 0
  isIpv6 = false
  meta = 0
  /** Source port in the upper half, destination port in the lower. */
  ports = 0
  swappedPorts = 0
  /** Equal for both directions. */
  hash = 0
  readonly #seeds: Int32Array

  constructor(hashSeed: number) {
    this.#seeds = seedsFrom(hashSeed, 8)
  }

  /** Takes everything but ports and hash from the packet. */
  takeAddresses(packet: Packet): void {
    this.source3 = packet.source3
    this.destination3 = packet.destination3
    this.isIpv6 = packet.ipVersion === 6
    this.meta =
      packet.protocol | (packet.tunnelDepth << Meta.TUNNEL_SHIFT) | (packet.vlan << Meta.VLAN_SHIFT)
    if (!this.isIpv6) return
    this.meta |= Meta.IPV6
    this.source0 = packet.source0
    this.source1 = packet.source1
    this.source2 = packet.source2
    this.destination0 = packet.destination0
    this.destination1 = packet.destination1
    this.destination2 = packet.destination2
  }

  /** Sets the ports, packed as in `ports`, and computes the hash. */
  setPorts(ports: number): void {
    this.ports = ports
    this.swappedPorts = (ports << 16) | (ports >>> 16)
    this.#computeHash()
  }

  /** Makes the key that of the opposite direction; the hash stays. */
  swap(): void {
    const { source0, source1, source2, source3, ports } = this
    this.source0 = this.destination0
    this.source1 = this.destination1
    this.source2 = this.destination2
    this.source3 = this.destination3
    this.destination0 = source0
    this.destination1 = source1
    this.destination2 = source2
    this.destination3 = source3
    this.ports = this.swappedPorts
    this.swappedPorts = ports
  }

  #computeHash(): void {
    const seeds = this.#seeds
    let low = this.source3
    let high = this.destination3
    if (this.isIpv6) {
      low = this.#foldIpv6(this.source0, this.source1, this.source2, low)
      high = this.#foldIpv6(this.destination0, this.destination1, this.destination2, high)
    }
    let ports = this.ports
    if (low > high || (low === high && ports > this.swappedPorts)) {
      const swapped = low
      low = high
      high = swapped
      ports = this.swappedPorts
    }
    let hash = Math.imul(low ^ seeds[0]!, seeds[1]! | 1)
    hash = Math.imul((hash ^ (hash >>> 15)) + high, seeds[2]! | 1)
    hash = Math.imul((hash ^ (hash >>> 13)) + ports, seeds[3]! | 1)
    hash = Math.imul((hash ^ (hash >>> 16)) + this.meta, seeds[4]! | 1)
    this.hash = hash ^ (hash >>> 15)
  }

  #foldIpv6(word0: number, word1: number, word2: number, word3: number): number {
    const seeds = this.#seeds
    let hash = Math.imul(word0 ^ seeds[5]!, seeds[6]! | 1)
    hash = Math.imul((hash ^ (hash >>> 15)) + word1, seeds[7]! | 1)
    hash = Math.imul((hash ^ (hash >>> 13)) + word2, seeds[6]! | 1)
    hash = Math.imul((hash ^ (hash >>> 16)) + word3, seeds[7]! | 1)
    return hash ^ (hash >>> 15)
  }
}

/**
 * Packs a packet's ports for the key.
 *
 * ICMP: type and counterpart of messages that ask and answer, with the identifier's halves above them, so
 * that request and reply meet; type and code of those that stand alone, marked by their direction.
 */
export function packPorts(packet: Packet): number {
  const { protocol, sourcePort, destinationPort } = packet
  if (protocol === IpProtocol.TCP || protocol === IpProtocol.UDP || protocol === IpProtocol.SCTP) {
    return (sourcePort << 16) | destinationPort
  }
  if (protocol !== IpProtocol.ICMP && protocol !== IpProtocol.ICMPV6) return 0
  return packIcmp(packet)
}

function packIcmp(packet: Packet): number {
  const { protocol, sourcePort: type, destinationPort: code } = packet
  const counterpart = icmpCounterpart(protocol, type)
  if (counterpart === NO_COUNTERPART) {
    const port = isDescending(packet) ? type | ONE_WAY : type
    return (port << 16) | code
  }
  const identifier = hasIcmpIdentifier(protocol, type) ? packet.icmpIdentifier : 0
  const high = identifier & 0xff00
  const low = (identifier & 0xff) << 8
  return isIcmpRequest(protocol, type)
    ? ((type | high) << 16) | counterpart | low
    : ((type | low) << 16) | counterpart | high
}

function isDescending(packet: Packet): boolean {
  if (packet.source3 !== packet.destination3) return packet.source3 > packet.destination3
  if (packet.source2 !== packet.destination2) return packet.source2 > packet.destination2
  if (packet.source1 !== packet.destination1) return packet.source1 > packet.destination1
  return packet.source0 > packet.destination0
}
