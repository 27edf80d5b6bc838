/** A frame of every kind that the decoders read: each link, each network, each transport, each tunnel. */
import { LinkType } from '../../src/capture/source.ts'
import { ipv4, ipv6, ipv6Extension, ipv6Fragment } from './ip-builder.ts'
import {
  arp,
  ethernet,
  icmp,
  icmp6,
  linuxSll,
  linuxSll2,
  nullLoop,
  pppoe,
  tcp,
  udp,
  vlan,
} from './packet-builder.ts'
import {
  bridged,
  gre,
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
const arpFields = { operation: 1, senderMac: '02:00:00:00:00:09', sender: '10.0.0.9' }

/** Name, link type and bytes. */
export const layeredFrames: [string, number, Uint8Array][] = [
  ['TCP over IPv4', LinkType.ETHERNET, ethernet(ipv4(four, segment))],
  ['IPv4 options', 1, ethernet(ipv4({ ...four, options: new Uint8Array(40) }, datagram))],
  ['two tags', 1, ethernet(vlan(1, vlan(2, ipv4(four, datagram))))],
  ['PPPoE', 1, ethernet(pppoe(ipv6(six, datagram)))],
  ['IPv6 extensions', 1, ethernet(ipv6(six, ipv6Extension(0, ipv6Extension(43, segment))))],
  ['IPv6 fragment', 1, ethernet(ipv6(six, ipv6Fragment({ offset: 0, more: true }, segment)))],
  ['ICMP error', 1, ethernet(ipv4(four, icmp({ type: 3, code: 3, payload: quote })))],
  ['ICMPv6 echo', 1, ethernet(ipv6(six, icmp6({ type: 128, payload: 'x' })))],
  ['ARP', 1, ethernet(arp({ ...arpFields, target: '10.0.0.1' }))],
  ['SLL', LinkType.LINUX_SLL, linuxSll(ipv4(four, segment))],
  ['SLL2', LinkType.LINUX_SLL2, linuxSll2(ipv6(six, segment))],
  ['NULL', LinkType.NULL, nullLoop(ipv4(four, segment))],
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
