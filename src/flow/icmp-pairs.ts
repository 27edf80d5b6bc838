/**
 * Which ICMP and ICMPv6 messages ask and answer each other, so that both make one flow.
 *
 * Source: Community ID v1, which takes the pairs from Zeek; RFC 792, RFC 950, RFC 1256, RFC 4443,
 * RFC 4861, RFC 2710, RFC 4620, RFC 6275.
 */
import { IpProtocol } from '../net/protocol.ts'

/** Marks a message that stands alone. */
export const NO_COUNTERPART = -1

interface PairTable {
  readonly counterpart: Int16Array
  readonly isRequest: Uint8Array
  readonly hasIdentifier: Uint8Array
}

const ICMP = pairTable(
  [
    [8, 0], // echo
    [13, 14], // timestamp
    [15, 16], // information
    [10, 9], // router solicitation
    [17, 18], // address mask
  ],
  [8, 0, 13, 14, 15, 16, 17, 18],
)

const ICMPV6 = pairTable(
  [
    [128, 129], // echo
    [130, 131], // multicast listener query and report
    [133, 134], // router solicitation
    [135, 136], // neighbour solicitation
    [139, 140], // node information
    [144, 145], // home agent address discovery
  ],
  [128, 129],
)

/** Returns the type that answers `type`, or asks for it; `NO_COUNTERPART` when it stands alone. */
export function icmpCounterpart(protocol: number, type: number): number {
  return tableOf(protocol).counterpart[type & 255]!
}

/** Says whether the type is the asking half of its pair. */
export function isIcmpRequest(protocol: number, type: number): boolean {
  return tableOf(protocol).isRequest[type & 255] === 1
}

/** Says whether messages of this type tell their askers apart by an identifier. */
export function hasIcmpIdentifier(protocol: number, type: number): boolean {
  return tableOf(protocol).hasIdentifier[type & 255] === 1
}

function tableOf(protocol: number): PairTable {
  return protocol === IpProtocol.ICMPV6 ? ICMPV6 : ICMP
}

function pairTable(
  pairs: readonly (readonly [request: number, reply: number])[],
  identified: readonly number[],
): PairTable {
  const counterpart = new Int16Array(256).fill(NO_COUNTERPART)
  const isRequest = new Uint8Array(256)
  const hasIdentifier = new Uint8Array(256)
  for (const [request, reply] of pairs) {
    counterpart[request] = reply
    counterpart[reply] = request
    isRequest[request] = 1
  }
  for (const type of identified) hasIdentifier[type] = 1
  return { counterpart, isRequest, hasIdentifier }
}
