/** IPv4 options (RFC 791 §3.1). Read is only whether the sender chose the route; the rest changes nothing here. */
const END = 0
const NO_OPERATION = 1
const LOOSE_SOURCE_ROUTE = 131
const STRICT_SOURCE_ROUTE = 137
/** Type, length, pointer and one address: a route with nobody on it is none. */
const SHORTEST_ROUTE = 7

/** Says whether the options between two places of a captured header hold a source route. */
export function hasSourceRoute(buffer: Uint8Array, from: number, to: number): boolean {
  let at = from
  while (at < to) {
    const type = buffer[at]!
    if (type === END) return false
    if (type === NO_OPERATION) {
      at += 1
      continue
    }
    const length = at + 1 < to ? buffer[at + 1]! : 0
    if (length < 2 || at + length > to) return false
    if (type === LOOSE_SOURCE_ROUTE || type === STRICT_SOURCE_ROUTE) return length >= SHORTEST_ROUTE
    at += length
  }
  return false
}
