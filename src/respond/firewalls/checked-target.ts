/** The last gate before a root tool's input: only what parses as an address of the family goes in. */
import { formatCidr, parseCidr, type Cidr } from '../../net/cidr.ts'
import { BLOCK_PROTOCOLS } from '../../record/block-log.ts'
import type { FirewallEntry } from '../firewall.ts'

/** The kernel's limit: 2^32 ms, in seconds, halved (ipset(8), timeout). */
export const MAX_TIMEOUT_SECONDS = 2_147_483

/** Gives the entry's range. Errors: `TypeError` for what is no range of its family, no protocol or no port. */
export function checkedRange({ target, family, protocol, port }: FirewallEntry): Cidr {
  const range = parseCidr(target)
  if (range === null || range.network.family !== family) {
    throw new TypeError(`not an IPv${family} target: ${JSON.stringify(target)}`)
  }
  const isPort = port === null || (Number.isInteger(port) && port >= 0 && port <= 65535)
  const isProtocol = protocol === null ? port === null : BLOCK_PROTOCOLS.includes(protocol)
  if (!isPort || !isProtocol) throw new TypeError(`not a protocol and port: ${protocol} ${port}`)
  return range
}

/** Gives the entry's target, canonically. Errors: as `checkedRange`. */
export function checkedTarget(entry: FirewallEntry): string {
  return formatCidr(checkedRange(entry))
}

/** Whole seconds for the kernel; a block with less than a second to go must not become one for good, which is 0. */
export function timeoutSeconds({ remainingSeconds }: FirewallEntry): number {
  if (remainingSeconds === null) return 0
  return Math.min(MAX_TIMEOUT_SECONDS, Math.max(1, Math.ceil(remainingSeconds)))
}
