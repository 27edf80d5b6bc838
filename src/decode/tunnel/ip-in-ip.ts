/** IP in IP without a header between: 4in4 (RFC 2003), 6in4 (RFC 4213), 4in6 and 6in6 (RFC 2473). */
import { IpProtocol } from '../../net/protocol.ts'
import { Tunnel, type Packet } from '../packet.ts'
import { enterIpv4, enterIpv6 } from './enter-tunnel.ts'

/** Opens the inner packet; false when there is none. */
export function openIpInIp(packet: Packet): boolean {
  return packet.protocol === IpProtocol.IPIP
    ? enterIpv4(packet, Tunnel.IP_IN_IP, 0)
    : enterIpv6(packet, Tunnel.IP_IN_IP, 0)
}
