import { describe, expect, it } from 'vitest'
import { APPLICATIONS } from '../../../src/flow/flow.ts'
import { conversation, handshake } from '../../support/messages/conversation.ts'
import { FoldedFlows, START_US } from '../../support/detection/folded-flows.ts'
import { ipv4, ipv6, ipv6Extension } from '../../support/packets/ip-builder.ts'
import { arp, icmp, icmp6, ipData, tcp, udp, vlan } from '../../support/packets/packet-builder.ts'

const talk = conversation()
const there = { source: '10.0.0.1', destination: '10.0.0.2' }
const back = { source: '10.0.0.2', destination: '10.0.0.1' }
const six = { source: '2001:db8::1', destination: '2001:db8::2' }
const sixBack = { source: '2001:db8::2', destination: '2001:db8::1' }

describe('a flow', () => {
  it('holds both directions, and the first sender is the originator', () => {
    const flows = new FoldedFlows()
    flows.fold(talk.udpOut('abc'), 0)
    flows.fold(talk.udpBack('defgh'), 10)
    flows.fold(talk.udpOut(''), 30)
    const [flow, ...others] = flows.end()
    expect(others).toEqual([])
    expect(flow).toMatchObject({ originator: '10.0.0.1', responder: '10.0.0.2', protocol: 17 })
    expect(flow).toMatchObject({ originatorPort: 40000, responderPort: 80, interface: 'test' })
    expect(flow).toMatchObject({ originatorPackets: 2, responderPackets: 1 })
    expect(flow).toMatchObject({ originatorBytes: 59, responderBytes: 33 })
    expect(flow).toMatchObject({ originatorPayloadBytes: 3, responderPayloadBytes: 5 })
    expect(flow).toMatchObject({ startUs: START_US, endUs: START_US + 30_000 })
    expect(flow).toMatchObject({ connState: 'SF', endReason: 'capture-end' })
  })

  it('is opened, answered and ended once each', () => {
    const flows = new FoldedFlows()
    for (const packet of [talk.udpOut(), talk.udpOut(), talk.udpBack(), talk.udpBack()]) {
      flows.fold(packet)
    }
    flows.end()
    expect(flows.kinds).toEqual(['opened', 'answered', 'ended'])
    expect(flows.told[1]!.flow).toMatchObject({ originatorPackets: 2, responderPackets: 1 })
  })

  it('measures sizes and gaps over both directions', () => {
    const flows = new FoldedFlows()
    flows.fold(talk.udpOut('x'.repeat(72)), 0)
    flows.fold(talk.udpBack('x'.repeat(172)), 10)
    flows.fold(talk.udpOut('x'.repeat(72)), 40)
    const live = flows.last!
    expect(live.packetSizeMean).toBeCloseTo(400 / 3)
    expect(live.packetSizeDeviation).toBeCloseTo(Math.sqrt(20000 / 9))
    expect([live.packetSizeMin, live.packetSizeMax]).toEqual([100, 200])
    expect(live.gapMeanUs).toBeCloseTo(20_000)
    expect(live.gapDeviationUs).toBeCloseTo(10_000)
    expect([live.gapMinUs, live.gapMaxUs]).toEqual([10_000, 30_000])
  })

  it('has no gaps with one packet, and no negative ones when packets come out of order', () => {
    const flows = new FoldedFlows()
    flows.fold(talk.udpOut(), 10)
    expect(flows.last).toMatchObject({ gapMeanUs: 0, gapDeviationUs: 0, gapMinUs: 0, gapMaxUs: 0 })
    flows.fold(talk.udpOut(), 5)
    expect(flows.last).toMatchObject({ gapMinUs: 0, lastUs: START_US + 10_000 })
  })

  it('is another one on another VLAN, protocol, port or address', () => {
    const flows = new FoldedFlows()
    flows.fold(talk.udpOut())
    flows.fold(vlan(5, talk.udpOut()))
    flows.fold(talk.tcpOut('S'))
    flows.fold(conversation({ originatorPort: 40001 }).udpOut())
    flows.fold(conversation({ responder: '10.0.0.3' }).udpOut())
    flows.fold(conversation({ originator: '::10.0.0.1', responder: '::10.0.0.2' }).udpOut())
    expect(flows.table.statistics).toMatchObject({ liveFlows: 6, opened: 6 })
    expect(flows.end()[1]).toMatchObject({ vlan: 5 })
  })

  it('keeps IPv6 addresses apart by every word', () => {
    const flows = new FoldedFlows()
    const addresses = ['2001:db8::1', '2001:db9::1', '2001:db8:1::1', '2001:db8::1:0:1']
    for (const originator of addresses) {
      const six = conversation({ originator, responder: '2001:db8::2' })
      flows.fold(six.udpOut())
      flows.fold(six.udpBack())
      expect(flows.last!.originatorAddress()).toBe(originator)
      expect(flows.last!.responderPackets).toBe(1)
    }
    expect(flows.table.statistics.liveFlows).toBe(4)
  })

  it('gives equal keys to equal addresses, the address itself for IPv4', () => {
    const flows = new FoldedFlows()
    flows.fold(conversation({ originator: '255.0.0.1' }).udpOut())
    expect(flows.last!.originatorKey).toBe(0xff000001)
    const six = conversation({ originator: '2001:db8::1', responder: '2001:db8::1' })
    flows.fold(six.udpOut())
    expect(flows.last!.originatorKey).toBe(flows.last!.responderKey)
    expect(flows.last!.originatorKey).toBeGreaterThanOrEqual(2 ** 32)
    expect(Number.isSafeInteger(flows.last!.originatorKey)).toBe(true)
  })

  it('is not made of what is not IP or what no receiver would take', () => {
    const flows = new FoldedFlows()
    const mac = '02:00:00:00:00:01'
    flows.fold(arp({ operation: 1, senderMac: mac, sender: '10.0.0.1', target: '10.0.0.2' }))
    expect(flows.last).toBeNull()
    flows.fold(ipv4(there, udp({ length: 3 })))
    expect(flows.last).toBeNull()
    flows.fold(ipv4(there, ipData(47, 'gre')))
    expect(flows.last).toMatchObject({ protocol: 47, originatorPort: 0 })
  })

  it('remembers how it was opened', () => {
    const flows = new FoldedFlows()
    flows.fold(talk.tcpOut('FPU', { payload: 'abc' }))
    flows.fold(talk.tcpOut('A'))
    expect(flows.last).toMatchObject({ openingTcpFlags: 0x29, openingPayloadBytes: 3 })
    expect(flows.last).toMatchObject({ originatorTcpFlags: 0x39, responderTcpFlags: 0 })
  })

  it('names its application once the payload shows it', () => {
    const flows = new FoldedFlows()
    handshake(talk).forEach((packet) => flows.fold(packet))
    expect(APPLICATIONS[flows.last!.application]).toBe('unknown')
    flows.fold(talk.tcpOut('PA', { payload: 'GET / HTTP/1.1\r\n' }))
    expect(APPLICATIONS[flows.last!.application]).toBe('http')
    flows.fold(talk.tcpBack('PA', { payload: 'SSH-2.0-trick' }))
    expect(APPLICATIONS[flows.last!.application]).toBe('http')
  })
})

describe('TCP', () => {
  it('takes the receiver of a SYN-ACK for the originator when the SYN was missed', () => {
    const flows = new FoldedFlows()
    flows.fold(talk.tcpBack('SA'))
    expect(flows.kinds).toEqual(['opened', 'answered'])
    expect(flows.last!.originatorAddress()).toBe('10.0.0.1')
    expect(flows.last).toMatchObject({ originatorPackets: 0, responderPackets: 1 })
  })

  it('measures the handshake from the last SYN', () => {
    const flows = new FoldedFlows()
    flows.fold(talk.tcpOut('S'), 0)
    flows.fold(talk.tcpOut('S'), 1000)
    flows.fold(talk.tcpBack('SA'), 1042)
    expect(flows.last!.handshakeRttUs).toBe(42_000)
    expect(new FoldedFlows().fold(talk.tcpBack('SA'))!.handshakeRttUs).toBe(-1)
  })

  it('does not measure a handshake whose last packet was captured before its second', () => {
    const flows = new FoldedFlows()
    flows.fold(talk.tcpOut('S'), 0)
    flows.fold(talk.tcpOut('A'), 42)
    flows.fold(talk.tcpBack('SA'), 42)
    expect(flows.last!.handshakeRttUs).toBe(-1)
  })

  it('counts segments that repeat what was sent, but not keep-alives', () => {
    const flows = new FoldedFlows()
    flows.fold(talk.tcpOut('S', { sequence: 0xfffffff0 }))
    flows.fold(talk.tcpOut('S', { sequence: 0xfffffff0 }))
    flows.fold(talk.tcpOut('A', { sequence: 0xfffffff1, payload: 'x'.repeat(40) }))
    flows.fold(talk.tcpOut('A', { sequence: 0xfffffff1, payload: 'x'.repeat(40) }))
    flows.fold(talk.tcpOut('A', { sequence: 25 }))
    flows.fold(talk.tcpOut('A', { sequence: 24, payload: '!' }))
    flows.fold(talk.tcpBack('A', { sequence: 5, payload: 'y' }))
    flows.fold(talk.tcpBack('A', { sequence: 6, payload: 'y' }))
    expect(flows.last).toMatchObject({ originatorRetransmissions: 2, responderRetransmissions: 0 })
  })

  it('opens a new flow when a closed port pair is used again', () => {
    const flows = new FoldedFlows()
    for (const packet of [talk.tcpOut('S'), talk.tcpBack('RA'), talk.tcpOut('S')]) {
      flows.fold(packet)
    }
    expect(flows.kinds).toEqual(['opened', 'answered', 'ended', 'opened'])
    expect(flows.ended[0]).toMatchObject({ connState: 'REJ', endReason: 'rst' })
  })

  it('takes a SYN that is sent again for a retransmission', () => {
    const flows = new FoldedFlows()
    flows.fold(talk.tcpOut('S'))
    flows.fold(talk.tcpOut('S'), 1000)
    expect(flows.last).toMatchObject({ originatorPackets: 2, originatorRetransmissions: 1 })
    expect(flows.table.statistics.opened).toBe(1)
  })

  it('takes a SYN far from what was sent for a new use of the port, not for a repetition', () => {
    const flows = new FoldedFlows()
    flows.fold(talk.tcpOut('S', { sequence: 3_000_000_000 }))
    flows.fold(talk.tcpOut('S', { sequence: 2_000_000_000 }), 60)
    flows.fold(talk.tcpOut('A', { sequence: 2_000_000_001, payload: 'x' }), 61)
    flows.fold(talk.tcpOut('A', { sequence: 2_000_000_002, payload: 'x' }), 62)
    expect(flows.last).toMatchObject({ originatorPackets: 4, originatorRetransmissions: 0 })
  })

  it('survives a packet whose two ends are the same', () => {
    const land = conversation({ responder: '10.0.0.1', originatorPort: 80 })
    const flows = new FoldedFlows()
    for (let count = 0; count < 3; count += 1) flows.fold(land.tcpOut('S'))
    expect(flows.last).toMatchObject({ originatorPackets: 3, responderPackets: 0 })
  })
})

describe('ICMP', () => {
  it('pairs echo request and reply, and keeps pings of other identifiers apart', () => {
    const flows = new FoldedFlows()
    for (const identifier of [0x1122, 0x1222, 0x1123]) {
      flows.fold(ipv4(there, icmp({ type: 8, identifier })))
      flows.fold(ipv4(back, icmp({ type: 0, identifier })))
      expect(flows.last).toMatchObject({ originatorPackets: 1, responderPackets: 1 })
      expect(flows.last).toMatchObject({ originatorPort: 8, responderPort: 0 })
    }
    flows.fold(ipv4(back, icmp({ type: 8, identifier: 0x1122 })))
    expect(flows.table.statistics.liveFlows).toBe(4)
  })

  it('pairs ICMPv6 echo and names an unasked reply by its own type', () => {
    const flows = new FoldedFlows()
    const six = { source: '2001:db8::1', destination: '2001:db8::2' }
    flows.fold(ipv6(six, icmp6({ type: 129, identifier: 3 })))
    expect(flows.last).toMatchObject({ originatorPort: 129, responderPort: 0 })
    flows.fold(
      ipv6(
        { source: '2001:db8::2', destination: '2001:db8::1' },
        icmp6({ type: 128, identifier: 3 }),
      ),
    )
    expect(flows.last).toMatchObject({ originatorPackets: 1, responderPackets: 1 })
  })

  it('never pairs messages that stand alone', () => {
    const flows = new FoldedFlows()
    flows.fold(ipv4(there, icmp({ type: 3, code: 3 })))
    flows.fold(ipv4(back, icmp({ type: 3, code: 3 })))
    expect(flows.table.statistics.liveFlows).toBe(2)
    expect(flows.last).toMatchObject({ originatorPort: 3, responderPort: 3, originatorPackets: 1 })
  })

  it('answers the flow that an error speaks of', () => {
    const flows = new FoldedFlows()
    const probe = ipv4(there, udp({ destinationPort: 161 }))
    flows.fold(probe)
    flows.fold(ipv4(back, icmp({ type: 3, code: 3, payload: probe.bytes.slice(0, 28) })))
    expect(flows.kinds).toEqual(['opened', 'opened', 'answered'])
    const refused = flows.told[2]!.flow
    expect(refused).toMatchObject({ responderPort: 161, responderPackets: 0 })
    flows.fold(probe)
    expect(flows.last!.wasIcmpRefused).toBe(true)
  })

  it.each([
    ['a datagram over IPv6', ipv6(six, udp({ destinationPort: 161 })), 17, 161],
    ['a ping over IPv6', ipv6(six, icmp6({ type: 128, identifier: 77 })), 58, 0],
    ['a SYN behind extension headers', ipv6(six, ipv6Extension(0, tcp({ flags: 'S' }))), 6, 80],
  ])('answers the flow that an ICMPv6 error speaks of: %s', (_name, probe, protocol, port) => {
    const flows = new FoldedFlows()
    flows.fold(probe)
    flows.fold(ipv6(sixBack, icmp6({ type: 1, code: 1, payload: probe.bytes })))
    expect(flows.kinds).toEqual(['opened', 'opened', 'answered'])
    expect(flows.told[2]!.flow).toMatchObject({ protocol, responderPort: port })
    flows.fold(probe)
    expect(flows.last!.wasIcmpRefused).toBe(true)
  })

  it('lets an error about a flow nobody knows change nothing', () => {
    const flows = new FoldedFlows()
    const quote = ipv4(there, udp({ destinationPort: 161 })).bytes
    flows.fold(ipv4(back, icmp({ type: 3, code: 3, payload: quote })))
    expect(flows.kinds).toEqual(['opened'])
  })
})
