import { describe, expect, it } from 'vitest'
import { CONN_STATES } from '../../../src/flow/flow.ts'
import { FoldedFlows } from '../../support/detection/folded-flows.ts'
import { ipv4, ipv6, ipv6Extension, ipv6Fragment } from '../../support/packets/ip-builder.ts'
import { icmp, tcp, udp } from '../../support/packets/packet-builder.ts'

const there = { source: '10.0.0.1', destination: '10.0.0.2' }
const six = { source: '2001:db8::1', destination: '2001:db8::2' }
const whole = udp({ payload: 'x'.repeat(100) })
const firstPiece = { ...there, moreFragments: true, slice: [0, 64] as const }
const laterPiece = { ...there, fragmentOffset: 64, slice: [64, 108] as const }
const first = ipv4(firstPiece, whole)
const later = ipv4(laterPiece, whole)

describe('fragments', () => {
  it('join the flow of their first one', () => {
    const flows = new FoldedFlows()
    flows.fold(first)
    flows.fold(later)
    expect(flows.last).toMatchObject({ originatorPackets: 2, responderPort: 53 })
  })

  it('that come before their first one wait for it', () => {
    const flows = new FoldedFlows()
    expect(flows.fold(later, 0)).toBeNull()
    flows.fold(first, 1)
    expect(flows.last).toMatchObject({ originatorPackets: 2, responderPort: 53 })
    expect(flows.last).toMatchObject({ originatorBytes: 84 + 64 })
    expect(flows.end()).toHaveLength(1)
  })

  it('of a first one that never comes are a flow without ports after a second', () => {
    const flows = new FoldedFlows()
    flows.fold(later, 0)
    flows.advance(999)
    expect(flows.kinds).toEqual([])
    flows.advance(1000)
    expect(flows.told[0]!.flow).toMatchObject({ responderPort: 0, originatorPackets: 1 })
  })

  it('that wait are all in flows when the capture ends', () => {
    const flows = new FoldedFlows()
    for (let identification = 0; identification < 200; identification += 1) {
      flows.fold(ipv4({ ...laterPiece, identification }, whole))
    }
    expect(flows.end()).toMatchObject([{ originatorPackets: 200, responderPort: 0 }])
  })

  it('wait for the first one of their own packet only', () => {
    const flows = new FoldedFlows()
    flows.fold(ipv4({ ...laterPiece, identification: 99 }, whole))
    flows.fold(ipv4({ ...laterPiece, source: '10.0.0.9' }, whole))
    flows.fold(first)
    expect(flows.last).toMatchObject({ originatorPackets: 1, responderPort: 53 })
    expect(flows.end()).toHaveLength(3)
  })

  it('are forgotten after as long as a host would reassemble them', () => {
    const flows = new FoldedFlows()
    flows.fold(first, 0)
    flows.fold(later, 31_000)
    expect(
      flows
        .end()
        .map(({ responderPort }) => responderPort)
        .sort(),
    ).toEqual([0, 53])
  })

  it('of eight bytes cannot hide a SYN', () => {
    const flows = new FoldedFlows()
    const syn = tcp({ flags: 'S', destinationPort: 22 })
    flows.fold(ipv4({ ...there, moreFragments: true, slice: [0, 8] }, syn))
    flows.fold(ipv4({ ...there, moreFragments: true, fragmentOffset: 8, slice: [8, 16] }, syn))
    flows.fold(ipv4({ ...there, fragmentOffset: 16, slice: [16, 20] }, syn))
    expect(flows.told[0]!.flow).toMatchObject({ responderPort: 22, originatorTcpFlags: 2 })
    expect(CONN_STATES[flows.last!.connState]).toBe('S0')
    expect(flows.table.statistics.opened).toBe(1)
  })

  it('of eight bytes cannot hide a SYN by coming in reverse', () => {
    const flows = new FoldedFlows()
    const syn = tcp({ flags: 'S', destinationPort: 22 })
    flows.fold(ipv4({ ...there, fragmentOffset: 8, slice: [8, 20] }, syn))
    flows.fold(ipv4({ ...there, moreFragments: true, slice: [0, 8] }, syn))
    expect(flows.end()).toMatchObject([{ responderPort: 22, originatorTcpFlags: 2 }])
  })

  it('that open a flow make no retransmissions of what follows', () => {
    const flows = new FoldedFlows()
    const syn = tcp({ flags: 'S', sequence: 3_000_000_000 })
    flows.fold(ipv4({ ...there, moreFragments: true, slice: [0, 8] }, syn))
    flows.fold(ipv4({ ...there, fragmentOffset: 8, slice: [8, 20] }, syn))
    for (const sequence of [3_000_000_001, 3_000_000_002]) {
      flows.fold(ipv4(there, tcp({ flags: 'PA', sequence, payload: 'x' })))
    }
    expect(flows.last).toMatchObject({ originatorPackets: 3, originatorRetransmissions: 0 })
  })

  it('of a ping join its flow', () => {
    const flows = new FoldedFlows()
    const ping = icmp({ type: 8, identifier: 7, payload: 'x'.repeat(100) })
    flows.fold(ipv4({ ...there, moreFragments: true, slice: [0, 64] }, ping))
    flows.fold(ipv4({ ...there, fragmentOffset: 64, slice: [64, 108] }, ping))
    expect(flows.end()).toMatchObject([{ originatorPackets: 2, originatorPort: 8 }])
  })

  it('of IPv6 join their flow though only the first tells the transport', () => {
    const flows = new FoldedFlows()
    const behindOptions = ipv6Extension(60, whole)
    flows.fold(ipv6(six, ipv6Fragment({ offset: 0, end: 64, more: true }, behindOptions)))
    flows.fold(ipv6(six, ipv6Fragment({ offset: 64, more: false }, behindOptions)))
    expect(flows.end()).toMatchObject([{ originatorPackets: 2, protocol: 17, responderPort: 53 }])
  })
})
