/** Whether a flow's ends are outside the site: addresses that the Internet routes. */
import type { LiveFlow } from '../../../flow/flow.ts'

const words = new Int32Array(8)
const RESPONDER = 4

/** Says whether the responder is outside; private, link-local, loopback and multicast addresses are not. */
export function isToOutside(flow: LiveFlow): boolean {
  flow.copyAddresses(words, 0, RESPONDER)
  return flow.ipVersion === 4
    ? isPublicIpv4(words[RESPONDER + 3]! >>> 0)
    : isPublicIpv6(words[RESPONDER]! >>> 0)
}

/**
 * Gives the network that the originator is in, as large as a provider's: the first 16 bits of an IPv4 address, the
 * first 32 of an IPv6 one. 0 where it is not outside.
 */
export function outsideNetwork(flow: LiveFlow): number {
  flow.copyAddresses(words, 0, RESPONDER)
  if (flow.ipVersion === 4) {
    const address = words[3]! >>> 0
    return isPublicIpv4(address) ? address >>> 16 : 0
  }
  const first = words[0]! >>> 0
  return isPublicIpv6(first) ? first : 0
}

function isPublicIpv4(address: number): boolean {
  const first = address >>> 24
  const second = (address >>> 16) & 255
  if (first === 0 || first === 10 || first === 127 || first >= 224) return false
  if (first === 172) return second < 16 || second > 31
  if (first === 192) return second !== 168
  if (first === 169) return second !== 254
  // Carriers' own addresses (RFC 6598).
  return first !== 100 || second < 64 || second > 127
}

/** Global unicast is 2000::/3 (RFC 4291 §2.4). */
function isPublicIpv6(firstWord: number): boolean {
  return firstWord >>> 29 === 1
}
