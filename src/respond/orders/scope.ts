/** What a block covers beside its target, read from an order and told in words. */
import { PicketError } from '../../core/errors.ts'
import { formatPortRange, joinPortRanges, MAX_PORT } from '../../net/port-range.ts'
import type { Block, BlockScope } from '../../record/logs/block-log.ts'

/** A block is an entry of the firewall for each of its ports or ranges. */
const MAX_PORTS = 64

/**
 * Reads the scope of an order.
 *
 * Errors: `ERR_API_REQUEST` for ports without a protocol that has them, or too many.
 */
export function readScope(order: Partial<BlockScope>): BlockScope {
  const { direction = 'both', protocol = null } = order
  const ports = joinPortRanges(order.ports ?? [])
  if (ports.length > MAX_PORTS) {
    throw new PicketError(
      'ERR_API_REQUEST',
      `ports names ${ports.length}; use ${MAX_PORTS} or fewer`,
    )
  }
  if (ports.length > 0 && (protocol === null || protocol === 'icmp')) {
    const given = protocol ?? 'not given'
    throw new PicketError(
      'ERR_API_REQUEST',
      `ports need a protocol that has them; it is ${given}`,
      {
        hint: 'set protocol to tcp, udp or sctp',
      },
    )
  }
  const [first] = ports
  const isEvery = first?.first === 0 && first.last === MAX_PORT
  return { direction, protocol, ports: isEvery ? [] : ports }
}

/** Says which block it is: one stands at most for each target and scope. */
export function blockKey({
  target,
  direction,
  protocol,
  ports,
}: Pick<Block, 'target' | keyof BlockScope>): string {
  return `${target} ${direction} ${protocol ?? ''} ${portWords(ports)}`
}

/** Puts target and scope in words: `192.0.2.7`, `192.0.2.7 (in, tcp 22,8000-8100)`. */
export function blockWords(block: Pick<Block, 'target' | keyof BlockScope>): string {
  const { target, direction, protocol, ports } = block
  const service = protocol === null ? [] : [[protocol, portWords(ports)].join(' ').trim()]
  const parts = [...(direction === 'both' ? [] : [direction]), ...service]
  return parts.length === 0 ? target : `${target} (${parts.join(', ')})`
}

function portWords(ports: BlockScope['ports']): string {
  return ports.map(formatPortRange).join(',')
}
