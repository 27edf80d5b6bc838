/** detect/rules/flood: a host is drowned. */
import type { DetectConfig } from '../../config.ts'
import type { Detector, Emit } from '../../detector.ts'
import { ConnectionFlood } from './service/connection-flood.ts'
import { DnsFlood } from './service/dns-flood.ts'
import { DhcpFlood } from './service/dhcp-flood.ts'
import { Http2Flood } from './service/http2-flood.ts'
import { RequestCrowd } from './service/request-crowd.ts'
import { RenegotiationFlood } from './service/renegotiation-flood.ts'
import { SlowHttp } from './service/slow/slow-http.ts'
import { SynFlood } from './syn-flood.ts'
import { ChainFlood } from './volume/chain-flood.ts'
import { CarpetFlood } from './volume/carpet-flood.ts'
import { FragmentFlood } from './volume/fragment-flood.ts'
import { Fraggle } from './volume/fraggle.ts'
import { IcmpFlood } from './volume/icmp-flood.ts'
import { LinkFlood } from './volume/link-flood.ts'
import { StrayFlood } from './volume/stray/stray-flood.ts'
import { TunnelFlood } from './volume/tunnel-flood.ts'

/** Makes the flood detectors that the configuration enables. */
export function createFloodDetectors(config: DetectConfig, emit: Emit): Detector[] {
  const { synFlood, strayFlood, icmpFlood, fragmentFlood, tunnelFlood } = config
  const { dhcpFlood, connectionFlood, slowHttp, linkFlood } = config
  const { http2Flood, renegotiationFlood } = config
  const { carpetFlood, fraggle } = config
  const dnsFlood = config.dnsFlood.enabled ? new DnsFlood(config.dnsFlood, emit) : null
  return [
    ...(synFlood.enabled ? [new SynFlood(synFlood, emit)] : []),
    // Before the floods of datagrams, which leave to it what it has told.
    ...(dnsFlood === null ? [] : [dnsFlood]),
    ...(strayFlood.enabled
      ? [
          new StrayFlood(strayFlood, emit, (server) => dnsFlood?.toldOf(server) ?? 0),
          new ChainFlood(strayFlood, emit),
        ]
      : []),
    ...(icmpFlood.enabled ? [new IcmpFlood(icmpFlood, emit)] : []),
    ...(tunnelFlood.enabled ? [new TunnelFlood(tunnelFlood, emit)] : []),
    ...(carpetFlood.enabled ? [new CarpetFlood(carpetFlood, emit)] : []),
    ...(fraggle.enabled ? [new Fraggle(fraggle, emit)] : []),
    ...(fragmentFlood.enabled ? [new FragmentFlood(fragmentFlood, emit)] : []),
    ...(linkFlood.enabled ? [new LinkFlood(linkFlood, emit)] : []),
    ...(dhcpFlood.enabled ? [new DhcpFlood(dhcpFlood, emit)] : []),
    ...(connectionFlood.enabled
      ? [new ConnectionFlood(connectionFlood, emit), new RequestCrowd(connectionFlood, emit)]
      : []),
    ...(http2Flood.enabled ? [new Http2Flood(http2Flood, emit)] : []),
    ...(renegotiationFlood.enabled ? [new RenegotiationFlood(renegotiationFlood, emit)] : []),
    ...(slowHttp.enabled ? [new SlowHttp(slowHttp, emit)] : []),
  ]
}
