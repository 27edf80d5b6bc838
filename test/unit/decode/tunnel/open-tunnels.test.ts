import { describe, expect, it } from 'vitest'
import { PacketKind, Tunnel, type Packet } from '../../../../src/decode/index.ts'
import { formatIpv4Word, formatIpv6Words } from '../../../../src/net/address.ts'
import { decoded, payloadText, reasonOf } from '../../../support/packets/decoded.ts'
import { ipv4, ipv6, ipv6Extension } from '../../../support/packets/ip-builder.ts'
import {
  arp,
  concat,
  ethernet,
  icmp,
  ipData,
  mpls,
  tcp,
  udp,
  uint32,
  vlan,
  type IpPayload,
  type LinkPayload,
} from '../../../support/packets/packet-builder.ts'
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
} from '../../../support/packets/tunnel-builder.ts'

const outer = { source: '192.0.2.1', destination: '198.51.100.7' }
const outer6 = { source: '2001:db8::1', destination: '2001:db8::7' }
const segment = tcp({ sourcePort: 40000, destinationPort: 22, flags: 'SA', payload: 'hello' })
const four = ipv4({ source: '10.0.0.1', destination: '10.0.0.2', ttl: 7 }, segment)
const six = ipv6({ source: '2001:0:1::1', destination: 'fd00::2', hopLimit: 7 }, segment)
const macs = { source: '02:00:00:00:00:0a', destination: '02:00:00:00:00:0b' }

/** The head of VXLAN-GPE around a protocol. */
const gpe = (protocol: number): Uint8Array => concat(uint32(0x0c000000 | protocol), uint32(42 << 8))

const over4 = (payload: IpPayload): Packet => decoded(ethernet(ipv4(outer, payload)))
const over6 = (payload: IpPayload): Packet => decoded(ethernet(ipv6(outer6, payload)))

function expectInner(packet: Packet, tunnel: number, version: number): void {
  expect(reasonOf(packet)).toBe('none')
  expect(packet).toMatchObject({ kind: PacketKind.IP, tunnel, tunnelDepth: 1, protocol: 6, ttl: 7 })
  expect(packet).toMatchObject({ ipVersion: version, sourcePort: 40000, destinationPort: 22 })
  expect(payloadText(packet)).toBe('hello')
  const { source0, source1, source2, source3, destination3 } = packet
  if (version === 6) {
    expect(formatIpv6Words(source0, source1, source2, source3)).toBe('2001:0:1::1')
  } else {
    expect(formatIpv4Word(source3)).toBe('10.0.0.1')
    expect(formatIpv4Word(destination3)).toBe('10.0.0.2')
    expect([source0, source1, source2]).toEqual([0, 0, 0])
  }
}

describe('the packet in a tunnel becomes the packet', () => {
  it.each<[string, IpPayload, number, number]>([
    ['GRE', gre(four), Tunnel.GRE, 4],
    ['GRE with every field', gre(six, { checksum: true, key: 1, sequence: 2 }), Tunnel.GRE, 6],
    ['GRE with a key', gre(four, { key: 0xffffffff }), Tunnel.GRE, 4],
    ['GRE bridging Ethernet', gre(bridged(ethernet(four))), Tunnel.GRE, 4],
    ['GRE bridging a tagged frame', gre(bridged(ethernet(vlan(9, six)))), Tunnel.GRE, 6],
    ['VXLAN', vxlan(ethernet(four)), Tunnel.VXLAN, 4],
    ["VXLAN on Linux's old port", vxlan(ethernet(six), { port: 8472 }), Tunnel.VXLAN, 6],
    [
      'VXLAN with a group',
      vxlan(ethernet(four), { head: concat(uint32(0x88000007), uint32(0x2a00)) }),
      Tunnel.VXLAN,
      4,
    ],
    ["VXLAN-GPE around IP, on VXLAN's port", vxlan(four.bytes, { head: gpe(1) }), Tunnel.VXLAN, 4],
    ['VXLAN-GPE', vxlan(six.bytes, { head: gpe(2), port: 4790 }), Tunnel.VXLAN, 6],
    [
      'VXLAN-GPE around Ethernet',
      vxlan(ethernet(four), { head: gpe(3), port: 4790 }),
      Tunnel.VXLAN,
      4,
    ],
    ['GRE around MPLS', gre(mpls(four, 16, 17)), Tunnel.GRE, 4],
    ['GTP-U', gtp(four), Tunnel.GTP, 4],
    [
      'GTP-U with a sequence number',
      gtp(six, { flags: 0x32, optional: uint32(0x00010000) }),
      Tunnel.GTP,
      6,
    ],
    [
      'GTP-U with extensions',
      gtp(four, {
        flags: 0x34,
        optional: concat(uint32(0x85), uint32(0x01000985), uint32(0x01000900)),
      }),
      Tunnel.GTP,
      4,
    ],
    ['Geneve', geneve(bridged(ethernet(four))), Tunnel.GENEVE, 4],
    ['Geneve with options around IP', geneve(six, { options: 5, flags: 0x40 }), Tunnel.GENEVE, 6],
    ['ERSPAN I', erspan(ethernet(four), 1), Tunnel.GRE, 4],
    ['ERSPAN II', erspan(ethernet(six), 2), Tunnel.GRE, 6],
    ['ERSPAN III', erspan(ethernet(four), 3), Tunnel.GRE, 4],
    ["ERSPAN III with the platform's own", erspan(ethernet(four), 3, true), Tunnel.GRE, 4],
    ['IPv4 in IP', ipInIp(four), Tunnel.IP_IN_IP, 4],
    ['IPv6 in IP', ipInIp(six), Tunnel.IP_IN_IP, 6],
    ['Teredo', teredo(six), Tunnel.TEREDO, 6],
    ['Teredo with an origin', teredo(six, teredoOrigin()), Tunnel.TEREDO, 6],
    [
      'Teredo with both indications',
      teredo(six, teredoAuthentication(3, 20), teredoOrigin()),
      Tunnel.TEREDO,
      6,
    ],
  ])('%s', (_name, payload, tunnel, version) => {
    expectInner(over4(payload), tunnel, version)
    expectInner(over6(payload), tunnel, version)
  })

  it('also behind extension headers', () => {
    expectInner(over6(ipv6Extension(60, ipInIp(four))), Tunnel.IP_IN_IP, 4)
  })

  it('takes MAC addresses and the tag from a bridged frame, and keeps an outer tag', () => {
    const frame = ethernet(vlan(9, four), macs)
    expect(over4(vxlan(frame))).toMatchObject({ vlan: 9, sourceMac: 0x02000000000a })
    expect(decoded(ethernet(vlan(5, ipv4(outer, vxlan(frame)))))).toMatchObject({ vlan: 5 })
  })

  it('reads ARP in a bridged frame', () => {
    const fields = { operation: 1, senderMac: macs.source, sender: '10.0.0.1', target: '10.0.0.2' }
    const packet = over4(vxlan(ethernet(arp(fields), macs)))
    expect(packet).toMatchObject({ kind: PacketKind.ARP, protocol: 0, tunnelDepth: 1 })
    expect(formatIpv4Word(packet.source3)).toBe('10.0.0.1')
  })

  it('says nothing of tunnels in a plain packet, also after one in a tunnel', () => {
    expect(decoded(ethernet(four))).toMatchObject({ tunnel: Tunnel.NONE, tunnelDepth: 0 })
  })
})

describe('nested tunnels', () => {
  const wrap = (payload: LinkPayload, times: number): LinkPayload =>
    times === 0 ? payload : wrap(ipv4(outer, ipInIp(payload)), times - 1)

  it('are opened three deep, the outermost named', () => {
    const packet = over4(vxlan(ethernet(ipv4(outer, gre(ipv4(outer, ipInIp(four)))))))
    expect(reasonOf(packet)).toBe('none')
    expect(packet).toMatchObject({ tunnelDepth: 3, tunnel: Tunnel.VXLAN, destinationPort: 22 })
    expect(formatIpv4Word(packet.source3)).toBe('10.0.0.1')
  })

  it.each([4, 5, 700])('are given up and counted when they are %i deep', (depth) => {
    const packet = decoded(ethernet(wrap(four, depth)))
    expect(reasonOf(packet)).toBe('tunnel-depth')
    expect(packet).toMatchObject({ tunnelDepth: 3, protocol: 4 })
  })
})

describe('what is no tunnel stays the packet it is', () => {
  const badIp = { etherType: 0x0800, bytes: new Uint8Array(40) }
  it.each<[string, IpPayload]>([
    ['an empty probe of protocol 47', ipData(47)],
    ['an empty probe of protocol 4', ipData(4)],
    ['an empty probe of protocol 41', ipData(41)],
    ['protocol 4 around no IPv4', ipData(4, six.bytes)],
    ['protocol 41 around no IPv6', ipData(41, four.bytes)],
    ['GRE around something else', gre({ etherType: 0x880b, bytes: new Uint8Array(40) })],
    ['GRE around labels without an end', gre({ etherType: 0x8847, bytes: new Uint8Array(40) })],
    ['VXLAN-GPE around something else', vxlan(four.bytes, { head: gpe(4) })],
    ["GTP's control messages", gtp(four, { type: 1 })],
    ["GTP'", gtp(four, { flags: 0x20 })],
    ['GTP-U whose extensions have no end', gtp(four, { flags: 0x34, optional: uint32(0x85) })],
    ['a datagram to the GTP-U port', udp({ destinationPort: 2152, payload: 'w'.repeat(90) })],
    ['ERSPAN of no known type', gre({ etherType: 0x22eb, bytes: new Uint8Array(40) })],
    ['a datagram to the Geneve port', udp({ destinationPort: 6081, payload: 'z'.repeat(90) })],
    ["Geneve's control packets", geneve(bridged(ethernet(four)), { flags: 0x80 })],
    ['Geneve whose options reach beyond it', geneve(badIp, { options: 63 })],
    ['GRE around no IPv4', gre(badIp)],
    ['GRE with a source route', gre(four, { flags: 0x4000 })],
    ["PPTP's GRE", gre(four, { flags: 1 })],
    ['a datagram to the VXLAN port', udp({ destinationPort: 4789, payload: 'x'.repeat(90) })],
    ['VXLAN without an identifier', vxlan(ethernet(four), { head: new Uint8Array(8) })],
    ['VXLAN with a reserved bit', vxlan(ethernet(four), { head: uint32(0x08000001) })],
    ['a datagram from the VXLAN port', udp({ sourcePort: 4789, payload: 'answer' })],
    ['a datagram to the Teredo port', udp({ destinationPort: 3544, payload: 'y'.repeat(90) })],
    [
      'IPv6 without an address of Teredo in it',
      teredo(ipv6({ source: 'fd00::1', destination: 'fd00::2' }, segment)),
    ],
    [
      'Teredo that claims more than the datagram holds',
      teredo(ipv6({ source: '2001::1', destination: 'fd00::2', payloadLength: 900 }, segment)),
    ],
  ])('%s', (_name, payload) => {
    const packet = over4(payload)
    expect(packet).toMatchObject({ malformed: 0, tunnelDepth: 0, protocol: payload.protocol })
    expect(formatIpv4Word(packet.source3)).toBe('192.0.2.1')
  })

  it('counts an inner packet that its receiver would drop, and makes no packet of it', () => {
    const badLength = ipv4({ ...outer, totalLength: 19 }, segment)
    const packet = over4(ipInIp(badLength))
    expect(reasonOf(packet)).toBe('ipv4-total-length')
    expect(packet.kind).toBe(PacketKind.NONE)
  })

  it("leaves the packet quoted in an ICMP error to the tunnel's ends", () => {
    const quote = ipv4(outer, gre(four)).bytes
    const packet = over4(icmp({ type: 3, code: 1, payload: quote }))
    expect(packet).toMatchObject({ protocol: 1, sourcePort: 3, tunnelDepth: 0 })
  })
})

describe('fragments of an outer packet', () => {
  const big = ipv4(
    { source: '10.0.0.1', destination: '10.0.0.2' },
    tcp({ destinationPort: 22, payload: 'x'.repeat(200) }),
  )

  it('give the inner packet with the first one, its length as it was sent', () => {
    const first = decoded(
      ethernet(ipv4({ ...outer, moreFragments: true, slice: [0, 64] }, gre(big))),
    )
    expect(reasonOf(first)).toBe('none')
    expect(first).toMatchObject({ destinationPort: 22, payloadLength: 200, isFragment: false })
    expect(first.payloadCaptured).toBe(64 - 4 - 40)
  })

  it('are not opened later, whatever they look like', () => {
    const later = decoded(ethernet(ipv4({ ...outer, fragmentOffset: 8 }, ipInIp(four))))
    expect(later).toMatchObject({ isLaterFragment: true, protocol: 4, tunnelDepth: 0 })
  })

  it('of the inner packet keep their place', () => {
    const inner = { source: '10.0.0.1', destination: '10.0.0.2', moreFragments: true }
    const later = ipv4({ ...inner, fragmentOffset: 64, slice: [64, 128] as const }, segment)
    expect(over4(gre(later))).toMatchObject({ isLaterFragment: true, fragmentOffset: 64 })
  })
})
