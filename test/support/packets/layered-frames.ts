/** A frame of every kind that the decoders read: each link, each network, each transport, each tunnel. */
import { LinkType } from '../../../src/capture/source.ts'
import { ipv4, ipv6, ipv6Authentication, ipv6Extension, ipv6Fragment } from './ip-builder.ts'
import {
  arp,
  ethernet,
  icmp,
  icmp6,
  ipData,
  linuxSll,
  linuxSll2,
  mpls,
  nullLoop,
  ppp,
  pppoe,
  tcp,
  udp,
  vlan,
} from './packet-builder.ts'
import {
  bridged,
  erspan,
  geneve,
  gre,
  gtp,
  ipInIp,
  teredo,
  teredoAuthentication,
  teredoOrigin,
  vxlan,
} from './tunnel-builder.ts'
import { radiotap, wlan } from './wlan-builder.ts'

const four = { source: '192.0.2.1', destination: '198.51.100.7' }
const six = { source: '2001:db8::1', destination: '2001:db8::7' }
const segment = tcp({ flags: 'SA', options: new Uint8Array(12), payload: 'hello' })
const datagram = udp({ payload: 'hello' })
const quote = ipv4(four, datagram).bytes
const quote6 = ipv6(six, ipv6Extension(0, ipv6Fragment({ offset: 0, more: true }, segment))).bytes
const arpFields = { operation: 1, senderMac: '02:00:00:00:00:09', sender: '10.0.0.9' }

/** Name, link type and bytes. */
export const layeredFrames: [string, number, Uint8Array][] = [
  ['TCP over IPv4', LinkType.ETHERNET, ethernet(ipv4(four, segment))],
  ['IPv4 options', 1, ethernet(ipv4({ ...four, options: new Uint8Array(40) }, datagram))],
  ['two tags', 1, ethernet(vlan(1, vlan(2, ipv4(four, datagram))))],
  ['MPLS', 1, ethernet(mpls(ipv6(six, datagram), 16, 17))],
  ['PPP', LinkType.PPP, ppp(ipv4(four, segment))],
  [
    'GTP-U',
    1,
    ethernet(
      ipv4(
        four,
        gtp(ipv4(four, segment), {
          flags: 0x34,
          optional: new Uint8Array([0, 0, 0, 0x85, 1, 0, 9, 0]),
        }),
      ),
    ),
  ],
  ['PPPoE', 1, ethernet(pppoe(ipv6(six, datagram)))],
  ['IPv6 extensions', 1, ethernet(ipv6(six, ipv6Extension(0, ipv6Extension(43, segment))))],
  ['IPv6 fragment', 1, ethernet(ipv6(six, ipv6Fragment({ offset: 0, more: true }, segment)))],
  [
    'IPv6 fragment header before options',
    1,
    ethernet(ipv6(six, ipv6Fragment({ offset: 0, more: true }, ipv6Extension(60, segment)))),
  ],
  [
    'IPv6 later fragment',
    1,
    ethernet(ipv6(six, ipv6Fragment({ offset: 8, more: false }, segment))),
  ],
  ['IPv6 authentication', 1, ethernet(ipv6(six, ipv6Authentication(segment)))],
  [
    'IPv4 tiny fragment',
    1,
    ethernet(ipv4({ ...four, moreFragments: true, slice: [0, 8] }, segment)),
  ],
  [
    'IPv4 later fragment',
    1,
    ethernet(ipv4({ ...four, fragmentOffset: 8, slice: [8, 37] }, segment)),
  ],
  ['SCTP', 1, ethernet(ipv4(four, ipData(132, new Uint8Array(16))))],
  ['IP protocol 200', 1, ethernet(ipv6(six, ipData(200, 'abc')))],
  ['ICMPv6 error', 1, ethernet(ipv6(six, icmp6({ type: 1, code: 4, payload: quote6 })))],
  ['ICMP error', 1, ethernet(ipv4(four, icmp({ type: 3, code: 3, payload: quote })))],
  ['ICMPv6 echo', 1, ethernet(ipv6(six, icmp6({ type: 128, payload: 'x' })))],
  ['ARP', 1, ethernet(arp({ ...arpFields, target: '10.0.0.1' }))],
  ['SLL', LinkType.LINUX_SLL, linuxSll(ipv4(four, segment))],
  ['SLL2', LinkType.LINUX_SLL2, linuxSll2(ipv6(six, segment))],
  ['NULL', LinkType.NULL, nullLoop(ipv4(four, segment))],
  ['LOOP', LinkType.LOOP, nullLoop(ipv6(six, segment), 'big')],
  ['IPV4', LinkType.IPV4, ipv4(four, segment).bytes],
  ['IPV6', LinkType.IPV6, ipv6(six, datagram).bytes],
  ['raw', LinkType.RAW, ipv6(six, segment).bytes],
  ['PPPoE alone', LinkType.PPPOE, pppoe(ipv4(four, datagram)).bytes],
  ['802.11', LinkType.WLAN, wlan(ipv4(four, segment), { qos: true, way: 'both', flags: 0x80 })],
  [
    'radiotap',
    LinkType.RADIOTAP,
    radiotap(wlan(ipv4(four, segment)), { flags: 0, timer: true, moreWords: 1 }),
  ],
  [
    'GRE',
    1,
    ethernet(ipv4(four, gre(ipv6(six, segment), { checksum: true, key: 1, sequence: 2 }))),
  ],
  ['GRE bridging', 1, ethernet(ipv4(four, gre(bridged(ethernet(vlan(3, ipv4(four, segment)))))))],
  ['GRE over IPv6', 1, ethernet(ipv6(six, gre(ipv4(four, segment))))],
  ['ERSPAN II', 1, ethernet(ipv4(four, erspan(ethernet(ipv4(four, segment)), 2)))],
  ['ERSPAN III', 1, ethernet(ipv4(four, erspan(ethernet(ipv4(four, segment)), 3, true)))],
  [
    'Geneve',
    1,
    ethernet(ipv4(four, geneve(bridged(ethernet(ipv4(four, segment))), { options: 2 }))),
  ],
  ['6in4', 1, ethernet(ipv4(four, ipInIp(ipv6(six, segment))))],
  ['VXLAN', 1, ethernet(ipv4(four, vxlan(ethernet(ipv4(four, segment)))))],
  ['IP in IP', 1, ethernet(ipv6(six, ipInIp(ipv4(four, ipInIp(ipv4(four, segment))))))],
  [
    'Teredo',
    1,
    ethernet(
      ipv4(
        four,
        teredo(
          ipv6({ ...six, source: '2001::1' }, segment),
          teredoAuthentication(2, 3),
          teredoOrigin(),
        ),
      ),
    ),
  ],
]
