/** detect/rules/spoofing: somebody on the link, or on the way, speaks in the name of others. */
import type { DetectConfig } from '../../config.ts'
import type { Detector, Emit } from '../../detector.ts'
import { DhcpServers } from './dhcp-servers.ts'
import { Dhcp6Servers } from './dhcp6-servers.ts'
import { ForgedResets } from './forged-resets.ts'
import { RoutingSpeakers } from './link/routing-speakers.ts'
import { SpanningTree } from './link/spanning-tree.ts'
import { StandbyRouters } from './link/standby-routers.ts'
import { DnsAnswers } from './names/dns-answers.ts'
import { NameResponder } from './names/name-responder.ts'
import { DeniedAddresses } from './neighbour/claims/denied-addresses.ts'
import { NeighbourSpoofing } from './neighbour/neighbour-spoofing.ts'
import { Neighbours } from './neighbour/neighbours.ts'
import { Redirects } from './neighbour/redirects.ts'
import { RouterAdvertisements } from './neighbour/router-advertisements.ts'

/** Makes the spoofing detectors that the configuration enables; those of the link share what they know of it. */
export function createSpoofingDetectors(config: DetectConfig, emit: Emit): Detector[] {
  const { neighbourSpoofing, routerSpoofing, dhcpSpoofing, nameSpoofing, forgedResets } = config
  const neighbours = new Neighbours(
    neighbourSpoofing.maxAddresses,
    neighbourSpoofing.forgetAfterSeconds * 1e6,
  )
  const detectors: Detector[] = []
  if (neighbourSpoofing.enabled) {
    detectors.push(new NeighbourSpoofing(neighbourSpoofing, neighbours, emit))
    detectors.push(new DeniedAddresses(neighbourSpoofing, neighbours, emit))
  }
  if (routerSpoofing.enabled) {
    detectors.push(new RouterAdvertisements(routerSpoofing, neighbours, emit))
    detectors.push(new Redirects(routerSpoofing, neighbours, emit))
    detectors.push(new SpanningTree(routerSpoofing, neighbours, emit))
    detectors.push(new StandbyRouters(routerSpoofing, emit))
    detectors.push(new RoutingSpeakers(routerSpoofing, emit))
  }
  if (dhcpSpoofing.enabled) {
    detectors.push(new DhcpServers(dhcpSpoofing, emit), new Dhcp6Servers(dhcpSpoofing, emit))
  }
  if (nameSpoofing.enabled) {
    detectors.push(new DnsAnswers(nameSpoofing, emit), new NameResponder(nameSpoofing, emit))
  }
  if (forgedResets.enabled) detectors.push(new ForgedResets(forgedResets, emit))
  return detectors
}
