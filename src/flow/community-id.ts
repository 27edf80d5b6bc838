/** Community ID v1: the same name for a flow in every tool (github.com/corelight/community-id-spec). */
import { createHash } from 'node:crypto'
import { IpProtocol } from '../net/protocol.ts'
import type { IpAddress } from '../net/address.ts'
import { NO_COUNTERPART, icmpCounterpart } from './icmp-pairs.ts'

const SEED = 0
const PROTOCOLS_WITH_PORTS: readonly number[] = [
  IpProtocol.ICMP,
  IpProtocol.TCP,
  IpProtocol.UDP,
  IpProtocol.ICMPV6,
  IpProtocol.SCTP,
]

export interface FlowTuple {
  readonly protocol: number
  readonly source: IpAddress
  readonly destination: IpAddress
  /** ICMP and ICMPv6: the type. */
  readonly sourcePort: number
  /** ICMP and ICMPv6: the code. */
  readonly destinationPort: number
}

/** Returns `1:` and the base64 of the hash; equal for both directions. Allocates: for reports only. */
export function communityId(tuple: FlowTuple): string {
  const { protocol, sourcePort } = tuple
  let destinationPort = tuple.destinationPort
  let isOneWay = false
  if (protocol === IpProtocol.ICMP || protocol === IpProtocol.ICMPV6) {
    const counterpart = icmpCounterpart(protocol, sourcePort)
    isOneWay = counterpart === NO_COUNTERPART
    if (!isOneWay) destinationPort = counterpart
  }
  const source = addressBytes(tuple.source)
  const destination = addressBytes(tuple.destination)
  const order = Buffer.compare(source, destination)
  const isOrdered = isOneWay || order < 0 || (order === 0 && sourcePort < destinationPort)
  const head = Buffer.from([SEED >>> 8, SEED & 255])
  const addresses = isOrdered ? [source, destination] : [destination, source]
  const pieces = [head, ...addresses, Buffer.from([protocol, 0])]
  if (PROTOCOLS_WITH_PORTS.includes(protocol)) {
    const [first, second] = isOrdered
      ? [sourcePort, destinationPort]
      : [destinationPort, sourcePort]
    pieces.push(Buffer.from([first >>> 8, first & 255, second >>> 8, second & 255]))
  }
  return `1:${createHash('sha1').update(Buffer.concat(pieces)).digest('base64')}`
}

function addressBytes(address: IpAddress): Buffer {
  const bytes = Buffer.alloc(16)
  address.words.forEach((word, index) => bytes.writeUInt32BE(word >>> 0, index * 4))
  return address.family === 4 ? bytes.subarray(12) : bytes
}
