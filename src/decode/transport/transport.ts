/** What IP carries, told by its protocol number. */
import { IpProtocol } from '../../net/protocol.ts'
import type { Packet } from '../packet.ts'
import { decodeIcmp } from './icmp.ts'
import { decodeSctp } from './sctp.ts'
import { decodeLaterTcpFragment, decodeTcp } from './tcp.ts'
import { decodeUdp } from './udp.ts'

/** Decodes the transport header; other protocols, and later fragments, keep their bytes as payload. */
export function decodeTransport(packet: Packet): void {
  const protocol = packet.protocol
  if (packet.isLaterFragment) {
    if (protocol === IpProtocol.TCP) decodeLaterTcpFragment(packet)
    return
  }
  if (protocol === IpProtocol.TCP) decodeTcp(packet)
  else if (protocol === IpProtocol.UDP) decodeUdp(packet)
  else if (protocol === IpProtocol.ICMP || protocol === IpProtocol.ICMPV6) decodeIcmp(packet)
  else if (protocol === IpProtocol.SCTP) decodeSctp(packet)
}
