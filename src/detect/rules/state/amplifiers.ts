/**
 * The UDP services known to be misused as amplifiers, by the port they answer from.
 *
 * Source: Rossow, Amplification Hell (NDSS 2014); CISA alert TA14-017A and its later additions.
 */
import type { Kind } from '../../told-names.ts'

/** What kinds call a service. */
type Amplifier = Kind extends infer Name
  ? Name extends `amplification.${infer Service}`
    ? Service
    : never
  : never

export interface Service {
  readonly port: number
  /** As in the kind: `amplification.ntp`. */
  readonly name: Amplifier
  /** A mean answer smaller than this is of ordinary use, unless there is a torrent of them. */
  readonly minMeanBytes: number
  /** A client asks a whole network at once, by multicast or broadcast, and many answer it. */
  readonly isDiscovery: boolean
  /** Hosts ask it all over the Internet in ordinary use; of the others nobody asks but within a site or a few. */
  readonly isWorldwide: boolean
}

/** Smallest mean answer where the protocol gives no better reason: more than any request is long. */
const USUAL_MEAN = 100

const service = (port: number, name: Amplifier, minMeanBytes = USUAL_MEAN): Service => ({
  ...{ port, name, minMeanBytes, isDiscovery: false, isWorldwide: false },
})
const discovery = (port: number, name: Amplifier, minMeanBytes = USUAL_MEAN): Service => ({
  ...{ port, name, minMeanBytes, isDiscovery: true, isWorldwide: false },
})
const worldwide = (port: number, name: Amplifier, minMeanBytes = USUAL_MEAN): Service => ({
  ...{ port, name, minMeanBytes, isDiscovery: false, isWorldwide: true },
})

export const SERVICES: readonly Service[] = [
  service(17, 'qotd', 40),
  service(19, 'chargen', 64),
  // Ordinary answers average under 200 bytes; 512 is what a resolver without EDNS takes at most.
  worldwide(53, 'dns', 400),
  service(69, 'tftp'),
  service(111, 'portmap', 60),
  worldwide(123, 'ntp'),
  discovery(137, 'netbios', 150),
  service(161, 'snmp'),
  service(177, 'xdmcp', 40),
  service(389, 'cldap'),
  service(427, 'slp'),
  worldwide(500, 'isakmp'),
  service(520, 'rip', 60),
  service(523, 'db2'),
  service(623, 'ipmi', 40),
  service(1434, 'mssql'),
  service(1604, 'citrix'),
  worldwide(1701, 'l2tp', 60),
  discovery(1900, 'ssdp', 200),
  service(3283, 'ard'),
  discovery(3702, 'ws-discovery', 200),
  discovery(5351, 'nat-pmp', 40),
  discovery(5353, 'mdns', 80),
  discovery(5683, 'coap', 80),
  discovery(10001, 'ubiquiti', 80),
  service(11211, 'memcached', 200),
  service(17185, 'vxworks'),
  worldwide(27015, 'steam', 200),
  worldwide(27960, 'quake', 200),
  discovery(32414, 'plex', 80),
  discovery(37810, 'dvr', 200),
  service(41794, 'crestron', 80),
  discovery(47808, 'bacnet', 60),
]

/** By port, where in SERVICES it stands plus one; 0 where no amplifier listens. */
export const SERVICE_OF_PORT = new Uint8Array(65536)
for (const [index, { port }] of SERVICES.entries()) SERVICE_OF_PORT[port] = index + 1
