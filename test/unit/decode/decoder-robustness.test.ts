import { describe, expect, it } from 'vitest'
import { LinkType } from '../../../src/capture/source.ts'
import { Decoder, Packet } from '../../../src/decode/index.ts'
import { GuardedBytes } from '../../support/guarded-bytes.ts'
import { ipv4, ipv6, ipv6Extension, ipv6Fragment } from '../../support/ip-builder.ts'
import {
  arp,
  ethernet,
  frameOf,
  icmp,
  icmp6,
  linuxSll,
  linuxSll2,
  nullLoop,
  pppoe,
  tcp,
  udp,
  vlan,
} from '../../support/packet-builder.ts'
import {
  bridged,
  gre,
  ipInIp,
  teredo,
  teredoAuthentication,
  teredoOrigin,
  vxlan,
} from '../../support/tunnel-builder.ts'
import { radiotap, wlan } from '../../support/wlan-builder.ts'
import { seededRandom } from '../../support/seeded-random.ts'

const four = { source: '192.0.2.1', destination: '198.51.100.7' }
const six = { source: '2001:db8::1', destination: '2001:db8::7' }
const segment = tcp({ flags: 'SA', options: new Uint8Array(12), payload: 'hello' })
const datagram = udp({ payload: 'hello' })
const quote = ipv4(four, datagram).bytes
const arpFields = { operation: 1, senderMac: '02:00:00:00:00:09', sender: '10.0.0.9' }

const samples: [string, number, Uint8Array][] = [
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

/** Decodes with a guard around the frame: a read outside it throws. */
function decodeGuarded(bytes: Uint8Array, linkType: number, wireLength: number): Packet {
  const packet = new Packet()
  const guarded = new GuardedBytes(bytes)
  new Decoder().decode(
    { ...frameOf(bytes, { linkType, wireLength }), buffer: guarded.view },
    packet,
  )
  return packet
}

function expectPayloadInside(packet: Packet, captured: number): void {
  expect(packet.payloadCaptured).toBeGreaterThanOrEqual(0)
  expect(packet.payloadOffset + packet.payloadCaptured).toBeLessThanOrEqual(
    Math.max(captured, packet.payloadOffset),
  )
}

describe('whatever is cut or changed, decoding neither throws nor reads past the end', () => {
  it.each(samples)('%s, cut at every byte', (_name, linkType, bytes) => {
    for (let length = 0; length <= bytes.length; length += 1) {
      const cut = bytes.slice(0, length)
      // Cut by the sender, and cut by the capture.
      expectPayloadInside(decodeGuarded(cut, linkType, length), length)
      expectPayloadInside(decodeGuarded(cut, linkType, bytes.length), length)
    }
  })

  it.each(samples)('%s, with bytes changed at random', (_name, linkType, bytes) => {
    const random = seededRandom(7)
    for (let round = 0; round < 3000; round += 1) {
      const changed = bytes.slice(0, bytes.length - (round % 7))
      for (let change = 0; change <= round % 4; change += 1) {
        changed[random(changed.length)] = random(256)
      }
      expectPayloadInside(decodeGuarded(changed, linkType, changed.length), changed.length)
    }
  })

  it('random bytes on every link type', () => {
    const random = seededRandom(11)
    for (const linkType of [...Object.values(LinkType), 9999]) {
      for (let round = 0; round < 500; round += 1) {
        const bytes = Uint8Array.from({ length: random(120) }, () => random(256))
        expectPayloadInside(decodeGuarded(bytes, linkType, bytes.length), bytes.length)
      }
    }
  })
})
