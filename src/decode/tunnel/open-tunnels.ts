/**
 * Tunnels: the packet inside becomes the packet, since that is what reaches a host's services.
 *
 * Flows are keyed by the inner addresses and ports, apart from those of the same packets seen bare. Left
 * out: a later fragment of an outer packet, which holds no header and stays between the tunnel's ends.
 */
import { IpProtocol } from '../../net/protocol.ts'
import type { Packet } from '../packet.ts'
import { isGenevePort, openGeneve } from './geneve.ts'
import { openGre } from './gre.ts'
import { isGtpPort, openGtp } from './gtp.ts'
import { openIpInIp } from './ip-in-ip.ts'
import { isTeredoPort, openTeredo } from './teredo.ts'
import { isVxlanPort, openVxlan } from './vxlan.ts'

/** Says whether a packet looks from outside as if it carried another; TCP need not be asked. */
export function mayBeTunnel(packet: Packet): boolean {
  const protocol = packet.protocol
  if (protocol === IpProtocol.UDP) {
    return isVxlanPort(packet) || isGenevePort(packet) || isGtpPort(packet) || isTeredoPort(packet)
  }
  return protocol === IpProtocol.GRE || protocol === IpProtocol.IPIP || protocol === IpProtocol.IPV6
}

/**
 * Replaces a decoded packet by the innermost one that it carries.
 *
 * Cost: no allocation, no recursion; at most MOST_TUNNELS rounds, a deeper nest is `tunnel-depth`.
 */
export function openTunnels(packet: Packet): void {
  while (packet.malformed === 0 && !packet.isLaterFragment && openTunnel(packet));
}

/** Opens one tunnel; false when the packet is none, or too deep a one. */
function openTunnel(packet: Packet): boolean {
  switch (packet.protocol) {
    case IpProtocol.UDP:
      if (isVxlanPort(packet)) return openVxlan(packet)
      if (isGenevePort(packet)) return openGeneve(packet)
      if (isGtpPort(packet)) return openGtp(packet)
      return isTeredoPort(packet) && openTeredo(packet)
    case IpProtocol.GRE:
      return openGre(packet)
    case IpProtocol.IPIP:
    case IpProtocol.IPV6:
      return openIpInIp(packet)
    default:
      return false
  }
}
