/** Which end of a flow may be a host under somebody's command, and which its commander. */
import { TcpFlag } from '../../../net/protocol.ts'
import type { LiveFlow } from '../../../flow/flow.ts'
import { isIpv6Key } from '../../../flow/index.ts'

/** How far away the far end of a flow is. */
export const Reach = {
  /** Not a flow of a host of ours to a single other one. */
  NONE: 0,
  /** From one private address to another. */
  INSIDE: 1,
  /** To a public address. */
  OUTSIDE: 2,
} as const

const words = new Int32Array(8)

const SPECIAL = 0
const PRIVATE = 1
const PUBLIC = 2

/**
 * Says where the originator reaches to. A public originator that reaches a private responder is a guest of
 * our server and commands nobody by that. Cost: integers only; IPv6 copies eight words.
 */
export function reachOf(flow: LiveFlow): number {
  let from: number
  let to: number
  if (flow.ipVersion === 4) {
    from = placeOfIpv4(flow.originatorKey)
    to = placeOfIpv4(flow.responderKey)
  } else {
    flow.copyAddresses(words, 0, 4)
    from = placeOfIpv6(words[0]!, words[3]!)
    to = placeOfIpv6(words[4]!, words[7]!)
  }
  if (from === SPECIAL || to === SPECIAL || (from === PUBLIC && to === PRIVATE)) return Reach.NONE
  return to === PUBLIC ? Reach.OUTSIDE : Reach.INSIDE
}

/** From a public address to a private one. */
export function isFromOutside(flow: LiveFlow): boolean {
  if (flow.ipVersion === 4)
    return placeOfIpv4(flow.originatorKey) === PUBLIC && placeOfIpv4(flow.responderKey) === PRIVATE
  flow.copyAddresses(words, 0, 4)
  return (
    placeOfIpv6(words[0]!, words[3]!) === PUBLIC && placeOfIpv6(words[4]!, words[7]!) === PRIVATE
  )
}

/** The originator has a private address, and so is a host of ours. */
export function isOurs(flow: LiveFlow): boolean {
  if (flow.ipVersion === 4) return placeOfIpv4(flow.originatorKey) === PRIVATE
  flow.copyAddresses(words, 0, 4)
  return placeOfIpv6(words[0]!, words[3]!) === PRIVATE
}

/** The opening was seen, so that who opened it is certain. */
export function sawOpening(flow: LiveFlow): boolean {
  return (flow.openingTcpFlags & (TcpFlag.SYN | TcpFlag.ACK)) === TcpFlag.SYN
}

/** The same, or its answer where the far end alone is captured. */
export function sawHandshake(flow: LiveFlow): boolean {
  return sawOpening(flow) || ((flow.openingTcpFlags & TcpFlag.SYN) !== 0 && !hasSpoken(flow))
}

/** The host's own packets were captured. */
export function hasSpoken(flow: LiveFlow): boolean {
  return flow.originatorPackets > 0
}

/** RFC 1918, RFC 6598, RFC 3927; multicast, loopback, broadcast and 0.0.0.0 are special. */
function placeOfIpv4(address: number): number {
  if (isIpv6Key(address)) return PUBLIC
  const first = Math.floor(address / 16777216)
  if (first === 0 || first === 127 || first >= 224) return SPECIAL
  const second = (address >>> 16) & 255
  if (first === 10 || (first === 192 && second === 168)) return PRIVATE
  if (first === 172 && second >= 16 && second < 32) return PRIVATE
  if (first === 100 && second >= 64 && second < 128) return PRIVATE
  return first === 169 && second === 254 ? PRIVATE : PUBLIC
}

/** RFC 4193 and link-local are private; multicast, `::` and `::1` special. */
function placeOfIpv6(first: number, last: number): number {
  const top = first >>> 24
  if (top === 255 || (first === 0 && last >>> 0 <= 1)) return SPECIAL
  if ((top & 0xfe) === 0xfc || first >>> 22 === 0x3fa) return PRIVATE
  return PUBLIC
}
