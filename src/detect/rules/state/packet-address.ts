/** The two ends of a packet as integers to hash by and, for what is reported, as text. */
import { takeSeeds } from '../../../core/hash-seeds.ts'
import { formatIpv4Word, formatIpv6Words, type IpAddress } from '../../../net/address.ts'
import { ipv6Key } from '../../../flow/index.ts'
import type { Packet } from '../../../decode/packet.ts'
import type { LiveFlow } from '../../../flow/flow.ts'
import { mix } from './pair-key.ts'

/** Seeded, so that nobody can make two addresses fall together. */
let hashStart = 0
takeSeeds((draw) => (hashStart = draw()))

/** Hashes the source address to 32 bits, signed. */
export function sourceHash(packet: Packet): number {
  const { ipVersion, source0, source1, source2, source3 } = packet
  return hashOf(ipVersion, source0, source1, source2, source3)
}

/** Hashes the destination address to 32 bits, signed. */
export function destinationHash(packet: Packet): number {
  const { ipVersion, destination0, destination1, destination2, destination3 } = packet
  return hashOf(ipVersion, destination0, destination1, destination2, destination3)
}

/** Hashes the source of the outermost tunnel. */
export function outerSourceHash(packet: Packet): number {
  const { outerIpVersion, outerSource0, outerSource1, outerSource2, outerSource3 } = packet
  return hashOf(outerIpVersion, outerSource0, outerSource1, outerSource2, outerSource3)
}

/** Hashes the destination of the outermost tunnel. */
export function outerDestinationHash(packet: Packet): number {
  const { outerDestination0, outerDestination1, outerDestination2, outerDestination3 } = packet
  return hashOf(
    packet.outerIpVersion,
    outerDestination0,
    outerDestination1,
    outerDestination2,
    outerDestination3,
  )
}

/** Gives the source as flows are keyed by it: `LiveFlow.originatorKey` of a flow that it opens. */
export function sourceKey(packet: Packet): number {
  if (packet.ipVersion === 4) return packet.source3 >>> 0
  return ipv6Key(packet.source0, packet.source1, packet.source2, packet.source3)
}

/** Gives the destination as flows are keyed by it. */
export function destinationKey(packet: Packet): number {
  if (packet.ipVersion === 4) return packet.destination3 >>> 0
  const { destination0, destination1, destination2, destination3 } = packet
  return ipv6Key(destination0, destination1, destination2, destination3)
}

/** Hashes an IPv4 address given as a word, as the packets' addresses are hashed. */
export function ipv4Hash(word: number): number {
  return mix(hashStart, word | 0)
}

/** Hashes an IPv6 address given as four signed words, as the packets' addresses are hashed. */
export function ipv6Hash(words: Int32Array, at = 0): number {
  return hashOf(6, words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!)
}

/** Prints the source address; allocates. */
export function sourceAddress(packet: Packet): string {
  const { ipVersion, source0, source1, source2, source3 } = packet
  return textOf(ipVersion, source0, source1, source2, source3)
}

/** Prints the destination address; allocates. */
export function destinationAddress(packet: Packet): string {
  const { ipVersion, destination0, destination1, destination2, destination3 } = packet
  return textOf(ipVersion, destination0, destination1, destination2, destination3)
}

/** Prints the source of the outermost tunnel; allocates. */
export function outerSourceAddress(packet: Packet): string {
  const { outerIpVersion, outerSource0, outerSource1, outerSource2, outerSource3 } = packet
  return textOf(outerIpVersion, outerSource0, outerSource1, outerSource2, outerSource3)
}

/** Prints the destination of the outermost tunnel; allocates. */
export function outerDestinationAddress(packet: Packet): string {
  const { outerDestination0, outerDestination1, outerDestination2, outerDestination3 } = packet
  return textOf(
    packet.outerIpVersion,
    outerDestination0,
    outerDestination1,
    outerDestination2,
    outerDestination3,
  )
}

/** Hashes an address that was read from text as the packets' addresses are hashed. */
export function addressHash({ family, words: given }: IpAddress): number {
  const [word0, word1, word2, word3] = given
  return hashOf(family, word0 | 0, word1 | 0, word2 | 0, word3 | 0)
}

function hashOf(
  ipVersion: number,
  word0: number,
  word1: number,
  word2: number,
  word3: number,
): number {
  if (ipVersion === 4) return mix(hashStart, word3)
  return mix(mix(mix(mix(hashStart + 1, word0), word1), word2), word3)
}

function textOf(
  ipVersion: number,
  word0: number,
  word1: number,
  word2: number,
  word3: number,
): string {
  return ipVersion === 4 ? formatIpv4Word(word3) : formatIpv6Words(word0, word1, word2, word3)
}

const words = new Int32Array(8)

/** Hashes the originator of a flow as its packets are hashed; without allocation. */
export function originatorHash(flow: LiveFlow): number {
  return flow.ipVersion === 4 ? mix(hashStart, flow.originatorKey) : flowIpv6Hash(flow, 0)
}

/** Prints the originator; for whoever names flows by a function. */
export const originatorAddress = (flow: LiveFlow): string => flow.originatorAddress()

/** Hashes the responder of a flow as its packets are hashed; without allocation. */
export function responderHash(flow: LiveFlow): number {
  return flow.ipVersion === 4 ? mix(hashStart, flow.responderKey) : flowIpv6Hash(flow, 4)
}

/** Says whether a flow goes to a multicast group, or to IPv4's broadcast of all networks. */
export function isToMany(flow: LiveFlow): boolean {
  if (flow.ipVersion === 4) return flow.responderKey >= 0xe0000000
  flow.copyAddresses(words, 0, 4)
  return words[4]! >>> 24 === 0xff
}

function flowIpv6Hash(flow: LiveFlow, at: number): number {
  flow.copyAddresses(words, 0, 4)
  return ipv6Hash(words, at)
}
