/** Which application a flow carries, told by its first payload bytes and never by its port alone. */
import type { Packet } from '../../decode/index.ts'
import { IpProtocol } from '../../net/protocol.ts'
import { recogniseDatagram } from './datagram.ts'
import { recogniseStream } from './streams/stream.ts'

/**
 * Returns the index into APPLICATIONS of what the packet's payload shows; 0 when it shows nothing.
 *
 * Cost: a switch on the first byte and a few comparisons; nothing is searched, nothing allocated.
 */
export function recogniseApplication(packet: Packet): number {
  if (packet.protocol === IpProtocol.TCP) return recogniseStream(packet)
  return packet.protocol === IpProtocol.UDP ? recogniseDatagram(packet) : 0
}
