/** The last gate before a root tool's input: only what parses as an address of the family goes in. */
import { formatCidr, parseCidr, type Cidr } from '../../net/cidr.ts'
import { MAX_PORT } from '../../net/port-range.ts'
import { BLOCK_PROTOCOLS } from '../../record/logs/block-log.ts'
import type { FirewallEntry } from '../firewall.ts'

/** The kernel's limit: 2^32 ms, in seconds, halved (ipset(8), timeout). */
const MAX_TIMEOUT_SECONDS = 2_147_483

/** Gives the entry's range. Errors: `TypeError` for what is no range of its family, no protocol or no ports. */
export function checkedRange({ target, family, protocol, ports }: FirewallEntry): Cidr {
  const range = parseCidr(target)
  if (range === null || range.network.family !== family) {
    throw new TypeError(`not an IPv${family} target: ${JSON.stringify(target)}`)
  }
  const isProtocol = protocol === null ? ports === null : BLOCK_PROTOCOLS.includes(protocol)
  if (!arePorts(ports) || !isProtocol) {
    throw new TypeError(`not a protocol and ports: ${protocol} ${JSON.stringify(ports)}`)
  }
  return range
}

function arePorts(ports: FirewallEntry['ports']): boolean {
  if (ports === null) return true
  const { first, last } = ports
  const areWhole = Number.isInteger(first) && Number.isInteger(last)
  return areWhole && 0 <= first && first <= last && last <= MAX_PORT
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
