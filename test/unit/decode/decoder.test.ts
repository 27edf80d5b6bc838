import { describe, expect, it } from 'vitest'
import { LinkType } from '../../../src/capture/source.ts'
import { Decoder, MALFORMED_REASONS, Packet, PacketKind } from '../../../src/decode/index.ts'
import { formatIpv4Word, formatIpv6Words } from '../../../src/net/address.ts'
import { decoded, payloadText, reasonOf } from '../../support/packets/decoded.ts'
import {
  ipv4,
  ipv6,
  ipv6Authentication,
  ipv6Extension,
  ipv6Fragment,
} from '../../support/packets/ip-builder.ts'
import {
  arp,
  concat,
  ethernet,
  frameOf,
  icmp,
  icmp6,
  ipData,
  linuxSll,
  linuxSll2,
  nullLoop,
  mpls,
  ppp,
  pppoe,
  tcp,
  tcpFlags,
  udp,
  vlan,
} from '../../support/packets/packet-builder.ts'

const four = { source: '192.0.2.1', destination: '198.51.100.7' }
const six = { source: '2001:db8::1', destination: '2001:db8::ffff:7' }
const segment = tcp({ sourcePort: 40000, destinationPort: 22, flags: 'SA', payload: 'hello' })

describe('every link type leads to the same packet', () => {
  const bare = ipv4(four, segment)
  const links: [string, number, Uint8Array][] = [
    ['Ethernet', LinkType.ETHERNET, ethernet(bare)],
    ['802.1Q', LinkType.ETHERNET, ethernet(vlan(7, bare))],
    ['QinQ', LinkType.ETHERNET, ethernet(vlan(7, vlan(8, bare), 0x88a8))],
    ['PPPoE', LinkType.ETHERNET, ethernet(pppoe(bare))],
    ['MPLS', LinkType.ETHERNET, ethernet(mpls(bare, 16))],
    [
      'MPLS, three labels behind a tag',
      LinkType.ETHERNET,
      ethernet(vlan(5, mpls(bare, 16, 17, 18))),
    ],
    ['PPP', LinkType.PPP, ppp(bare, { isFramed: false })],
    ['PPP, its protocol in one octet', LinkType.PPP, ppp(bare, { isFramed: false, isShort: true })],
    ['PPP in HDLC', LinkType.PPP_HDLC, ppp(bare)],
    ['SLL', LinkType.LINUX_SLL, linuxSll(bare)],
    ['SLL2', LinkType.LINUX_SLL2, linuxSll2(bare)],
    ['NULL, little-endian', LinkType.NULL, nullLoop(bare)],
    ['NULL, big-endian', LinkType.NULL, nullLoop(bare, 'big')],
    ['LOOP', LinkType.LOOP, nullLoop(bare, 'big')],
    ['PPPoE without Ethernet', LinkType.PPPOE, pppoe(bare).bytes],
    ['raw', LinkType.RAW, bare.bytes],
    ['IPv4', LinkType.IPV4, bare.bytes],
  ]
  it.each(links)('%s', (_name, linkType, bytes) => {
    const packet = decoded(bytes, { linkType })
    expect(reasonOf(packet)).toBe('none')
    expect(packet).toMatchObject({ kind: PacketKind.IP, ipVersion: 4, protocol: 6, ttl: 64 })
    expect(formatIpv4Word(packet.source3)).toBe('192.0.2.1')
    expect(formatIpv4Word(packet.destination3)).toBe('198.51.100.7')
    expect(packet).toMatchObject({ sourcePort: 40000, destinationPort: 22, ipLength: 45 })
    expect(payloadText(packet)).toBe('hello')
  })

  it.each([
    ['to us', 0, true, 0],
    ['to all', 1, false, 0xffffffffffff],
    ['to a group', 2, false, 0],
    ['to another', 3, true, 0],
    ['from us', 4, false, 0],
  ])(
    'of a cooked frame %s knows whom it was for',
    (_, type, isToUnnamedStation, destinationMac) => {
      const [first, second] = [linuxSll(bare, { type }), linuxSll2(bare, { type })]
      const told = { isToUnnamedStation, destinationMac }
      expect(decoded(first, { linkType: LinkType.LINUX_SLL })).toMatchObject(told)
      expect(decoded(second, { linkType: LinkType.LINUX_SLL2 })).toMatchObject(told)
    },
  )

  it('reads IPv6 over raw, IPv6 and loopback links', () => {
    const inner = ipv6(six, segment)
    for (const [linkType, bytes] of [
      [LinkType.RAW, inner.bytes],
      [LinkType.IPV6, inner.bytes],
      [LinkType.NULL, nullLoop(inner)],
    ] as const) {
      const packet = decoded(bytes, { linkType })
      expect(packet).toMatchObject({ kind: PacketKind.IP, ipVersion: 6, destinationPort: 22 })
    }
  })

  it('keeps the outermost VLAN identifier and looks behind a priority tag', () => {
    expect(decoded(ethernet(vlan(7, vlan(8, bare), 0x88a8))).vlan).toBe(7)
    expect(decoded(ethernet(vlan(0, vlan(8, bare)))).vlan).toBe(8)
    expect(decoded(ethernet(bare)).vlan).toBe(0)
  })

  it('reads MAC addresses as 48-bit integers', () => {
    const packet = decoded(ethernet(bare, { source: 'ff:00:00:00:00:01' }))
    expect(packet.sourceMac).toBe(0xff0000000001)
    expect(packet.destinationMac).toBe(0x020000000002)
  })

  it("cuts what lies behind PPPoE's own length, and counts headers that are none", () => {
    const session = ethernet(pppoe(bare))
    expect(decoded(concat(session, new Uint8Array(9))).payloadLength).toBe(5)
    for (const [at, value] of [
      [14, 0x12],
      [15, 0x07],
      [18, 0xff],
      [19, 1],
    ] as const) {
      expect(reasonOf(decoded(session.with(at, value)))).toBe('pppoe-header')
    }
  })

  it('calls an unknown link type by its name and other EtherTypes "other"', () => {
    const decoder = new Decoder()
    const packet = new Packet()
    for (const linkType of [250, 147, 250])
      decoder.decode(frameOf(bare.bytes, { linkType }), packet)
    expect(reasonOf(packet)).toBe('link-unknown')
    expect(decoder.unreadableLinks()).toEqual([
      { linkType: 250, frames: 2 },
      { linkType: 147, frames: 1 },
    ])
    const lldp = ethernet({ etherType: 0x88cc, bytes: new Uint8Array(46) })
    expect(decoded(lldp)).toMatchObject({ kind: PacketKind.OTHER, malformed: 0 })
  })
})

describe('IPv4', () => {
  it('skips options', () => {
    const packet = decoded(ethernet(ipv4({ ...four, options: new Uint8Array(9) }, segment)))
    expect(packet).toMatchObject({ destinationPort: 22, ipLength: 57, payloadLength: 5 })
  })

  it("never takes Ethernet's padding for payload", () => {
    const frame = ethernet(ipv4(four, tcp({ flags: 'A' })), { padTo: 60 })
    expect(decoded(frame)).toMatchObject({ payloadLength: 0, payloadCaptured: 0, ipLength: 40 })
  })

  it('takes the frame for the length where segmentation offload left it 0', () => {
    const packet = decoded(ethernet(ipv4({ ...four, totalLength: 0 }, segment)))
    expect(packet).toMatchObject({ malformed: 0, ipLength: 45, payloadLength: 5 })
  })

  it('tells later fragments from first ones, and gives them no ports', () => {
    const whole = udp({ payload: 'x'.repeat(100) })
    const first = decoded(ethernet(ipv4({ ...four, moreFragments: true, slice: [0, 64] }, whole)))
    expect(first).toMatchObject({ isFragment: true, isLaterFragment: false, malformed: 0 })
    expect(first).toMatchObject({ sourcePort: 40000, payloadLength: 56, fragmentId: 0x1234 })
    const later = decoded(ethernet(ipv4({ ...four, fragmentOffset: 64, slice: [64, 108] }, whole)))
    expect(later).toMatchObject({ isFragment: true, isLaterFragment: true, fragmentOffset: 64 })
    expect(later).toMatchObject({ sourcePort: 0, destinationPort: 0, payloadLength: 44 })
  })

  it('finds the flags of a TCP header that tiny fragments cut in two', () => {
    const syn = tcp({ flags: 'S' })
    const first = decoded(ethernet(ipv4({ ...four, moreFragments: true, slice: [0, 8] }, syn)))
    expect(first).toMatchObject({ sourcePort: 40000, destinationPort: 80, tcpFlags: 0 })
    const later = decoded(ethernet(ipv4({ ...four, fragmentOffset: 8, slice: [8, 20] }, syn)))
    expect(later.tcpFlags).toBe(tcpFlags('S'))
  })

  it('counts a total length beyond the frame and reads the packet all the same', () => {
    const packet = decoded(ethernet(ipv4({ ...four, totalLength: 1500 }, segment)))
    expect(reasonOf(packet)).toBe('ipv4-total-length')
    expect(packet).toMatchObject({ kind: PacketKind.IP, destinationPort: 22, payloadCaptured: 5 })
  })

  it('does not call a payload malformed that the snap length cut', () => {
    const whole = ethernet(ipv4(four, tcp({ payload: 'x'.repeat(1000) })))
    const packet = decoded(whole.slice(0, 96), { wireLength: whole.length })
    expect(packet).toMatchObject({ malformed: 0, payloadLength: 1000, payloadCaptured: 42 })
  })

  it('reads a TCP header that the capture cut behind its window', () => {
    const syn = ethernet(vlan(9, ipv4(four, tcp({ destinationPort: 22, flags: 'S' }))))
    const packet = decoded(syn.slice(0, 54), { wireLength: syn.length })
    expect(packet).toMatchObject({ malformed: 0, destinationPort: 22, tcpFlags: 2 })
    expect(packet).toMatchObject({ payloadLength: 0, payloadCaptured: 0 })
  })

  it('refuses headers that are too short, of another version or longer than the packet', () => {
    const good = ethernet(ipv4(four, segment))
    const withByte = (at: number, value: number): Uint8Array => good.with(at, value)
    expect(reasonOf(decoded(withByte(14, 0x44)))).toBe('ipv4-header-length')
    expect(reasonOf(decoded(withByte(14, 0x65)))).toBe('ipv4-header-length')
    expect(reasonOf(decoded(withByte(17, 19)))).toBe('ipv4-total-length')
  })
})

describe('IPv6', () => {
  it('reads addresses and transport', () => {
    const packet = decoded(ethernet(ipv6(six, segment)))
    const { source0, source1, source2, source3 } = packet
    expect(formatIpv6Words(source0, source1, source2, source3)).toBe('2001:db8::1')
    expect(packet).toMatchObject({ ipVersion: 6, ipLength: 65, payloadLength: 5, malformed: 0 })
  })

  it('walks extension headers to the transport', () => {
    const chain = ipv6Extension(0, ipv6Extension(43, ipv6Extension(60, segment, 2)))
    expect(decoded(ethernet(ipv6(six, chain)))).toMatchObject({ protocol: 6, destinationPort: 22 })
    const authenticated = ipv6(six, ipv6Authentication(segment))
    expect(decoded(ethernet(authenticated))).toMatchObject({ protocol: 6, destinationPort: 22 })
  })

  it('gives up on a chain longer than any honest one', () => {
    let chain = segment
    for (let count = 0; count < 11; count += 1) chain = ipv6Extension(60, chain)
    expect(reasonOf(decoded(ethernet(ipv6(six, chain))))).toBe('ipv6-extension')
  })

  it('reads fragments, and an atomic one as a whole packet', () => {
    const whole = udp({ payload: 'x'.repeat(100) })
    const cut = (offset: number, end: number, more: boolean): Packet =>
      decoded(ethernet(ipv6(six, ipv6Fragment({ offset, end, more }, whole))))
    expect(cut(0, 64, true)).toMatchObject({ isFragment: true, sourcePort: 40000, malformed: 0 })
    expect(cut(64, 108, false)).toMatchObject({ isLaterFragment: true, sourcePort: 0 })
    expect(cut(0, 108, false)).toMatchObject({ isFragment: false, payloadLength: 100 })
  })

  it('has no payload behind "no next header", whatever pads the frame', () => {
    const packet = decoded(ethernet(ipv6(six, ipData(59)), { padTo: 60 }))
    expect(packet).toMatchObject({ malformed: 0, payloadLength: 0, payloadCaptured: 0 })
  })
})

describe('transports', () => {
  it('reads TCP numbers as unsigned', () => {
    const fields = { sequence: 0xfffffffe, acknowledgement: 0x80000000, window: 65535, flags: 'SA' }
    const packet = decoded(ethernet(ipv4(four, tcp(fields))))
    expect(packet).toMatchObject({ tcpSequence: 0xfffffffe, tcpAcknowledgement: 0x80000000 })
    expect(packet).toMatchObject({ tcpWindow: 65535, tcpFlags: tcpFlags('SA') })
  })

  it('skips TCP options', () => {
    const packet = decoded(ethernet(ipv4(four, tcp({ options: new Uint8Array(10), payload: 'x' }))))
    expect(payloadText(packet)).toBe('x')
  })

  it('refuses a TCP header length that is too short or reaches beyond the packet', () => {
    const frame = ethernet(ipv4(four, tcp({})))
    expect(reasonOf(decoded(frame.with(46, 0x40)))).toBe('tcp-header-length')
    expect(reasonOf(decoded(frame.with(46, 0xf0)))).toBe('tcp-header-length')
  })

  it('cuts UDP payload at its own length, and reads length 0 as "to the end"', () => {
    const short = decoded(ethernet(ipv4(four, udp({ payload: 'abcdef', length: 11 }))))
    expect(payloadText(short)).toBe('abc')
    const open = decoded(ethernet(ipv4(four, udp({ payload: 'abcdef', length: 0 }))))
    expect(payloadText(open)).toBe('abcdef')
  })

  it('refuses UDP lengths below its header and beyond the packet', () => {
    for (const length of [1, 7, 15, 65535]) {
      const packet = decoded(ethernet(ipv4(four, udp({ payload: 'abcdef', length }))))
      expect(reasonOf(packet)).toBe('udp-length')
    }
  })

  it('puts type, code and identifier of ICMP and ICMPv6 into the packet', () => {
    const ping = icmp({ type: 8, identifier: 77, payload: 'ping' })
    const packet = decoded(ethernet(ipv4(four, ping)))
    expect(packet).toMatchObject({ sourcePort: 8, destinationPort: 0, icmpIdentifier: 77 })
    expect(payloadText(packet)).toBe('ping')
    const unreachable = icmp6({ type: 1, code: 4 })
    const other = decoded(ethernet(ipv6(six, unreachable)))
    expect(other).toMatchObject({ protocol: 58, sourcePort: 1, destinationPort: 4 })
  })

  it('keeps all bytes of other protocols as payload', () => {
    const packet = decoded(ethernet(ipv4(four, ipData(47, 'gre!'))))
    expect(packet).toMatchObject({ protocol: 47, sourcePort: 0, malformed: 0 })
    expect(payloadText(packet)).toBe('gre!')
  })
})

describe('ARP', () => {
  const fields = { operation: 2, senderMac: '02:00:00:00:00:09', sender: '10.0.0.9' }

  it('reads who claims which address', () => {
    const packet = decoded(ethernet(arp({ ...fields, target: '10.0.0.1' })))
    expect(packet).toMatchObject({ kind: PacketKind.ARP, arpOperation: 2 })
    expect(packet).toMatchObject({ arpSenderMac: 0x020000000009, arpTargetMac: 0 })
    expect(formatIpv4Word(packet.source3)).toBe('10.0.0.9')
    expect(formatIpv4Word(packet.destination3)).toBe('10.0.0.1')
  })

  it('leaves other hardware alone', () => {
    const message = arp({ ...fields, target: '10.0.0.1' })
    const other = { ...message, bytes: message.bytes.with(1, 6) }
    expect(decoded(ethernet(other))).toMatchObject({ kind: PacketKind.OTHER, malformed: 0 })
  })
})

describe('the decoder', () => {
  it('counts every reason by its name, and the sound frames as "none"', () => {
    const decoder = new Decoder()
    const packet = new Packet()
    const sound = ethernet(ipv4(four, segment))
    for (const bytes of [sound, sound.slice(0, 10), sound.slice(0, 20), sound.slice(0, 49)]) {
      decoder.decode(frameOf(bytes), packet)
    }
    const counts = decoder.malformedCounts()
    expect(Object.keys(counts)).toEqual([...MALFORMED_REASONS])
    expect(counts).toMatchObject({ none: 1, 'link-truncated': 1, 'ipv4-truncated': 1 })
    expect(counts['tcp-truncated']).toBe(1)
    expect(decoder.frames).toBe(4)
  })

  it('lets nothing of one packet shine through into the next', () => {
    const decoder = new Decoder()
    const packet = new Packet()
    const rich = ethernet(vlan(9, ipv6(six, ipv6Fragment({ offset: 0, more: true }, segment))))
    decoder.decode(frameOf(rich), packet)
    const bytes = new Uint8Array(4)
    decoder.decode(frameOf(bytes), packet)
    expect(packet).toEqual(decoded(bytes))
  })

  it('reads a frame in the middle of a larger buffer, and only it', () => {
    const frame = ethernet(ipv4(four, segment))
    const buffer = concat(new Uint8Array(33).fill(0xaa), frame, new Uint8Array(50).fill(0xbb))
    const packet = new Packet()
    new Decoder().decode({ ...frameOf(frame), buffer, offset: 33 }, packet)
    expect(payloadText(packet)).toBe('hello')
  })
})
