/** detect/rules/tunnel: traffic is hidden within the traffic of another protocol. */
import type { DetectConfig } from '../../config.ts'
import type { Detector, Emit } from '../../detector.ts'
import { DnsTunnel } from './dns/dns-tunnel.ts'
import { EncryptedDns } from './encrypted/encrypted-dns.ts'
import { IcmpTunnel } from './icmp-tunnel.ts'
import { OddPort } from './odd-port.ts'

/** Makes the tunnel detectors that the configuration enables. */
export function createTunnelDetectors(config: DetectConfig, emit: Emit): Detector[] {
  const { dnsTunnel, encryptedDns, icmpTunnel, oddPort } = config
  return [
    ...(dnsTunnel.enabled ? [new DnsTunnel(dnsTunnel, emit)] : []),
    ...(encryptedDns.enabled ? [new EncryptedDns(encryptedDns, emit)] : []),
    ...(icmpTunnel.enabled ? [new IcmpTunnel(icmpTunnel, emit)] : []),
    ...(oddPort.enabled ? [new OddPort(oddPort, emit)] : []),
  ]
}
