import { describe, expect, it } from 'vitest'
import { FoldedFlows } from '../../support/detection/folded-flows.ts'
import { ipv4 } from '../../support/packets/ip-builder.ts'
import { ethernet, icmp, tcp, udp, type LinkPayload } from '../../support/packets/packet-builder.ts'
import { gre, vxlan } from '../../support/packets/tunnel-builder.ts'

const syn = tcp({ sourcePort: 40000, destinationPort: 22, flags: 'S' })
const synAck = tcp({ sourcePort: 22, destinationPort: 40000, flags: 'SA' })
const there = { source: '10.0.0.1', destination: '10.0.0.2' }
const back = { source: '10.0.0.2', destination: '10.0.0.1' }
const outward = (inner: LinkPayload): LinkPayload =>
  ipv4({ source: '192.0.2.1', destination: '198.51.100.7' }, gre(inner))
const inward = (inner: LinkPayload): LinkPayload =>
  ipv4({ source: '198.51.100.7', destination: '192.0.2.1' }, gre(inner, { key: 3 }))

describe('what travels in a tunnel', () => {
  it('is a flow between the inner addresses, both directions in one', () => {
    const flows = new FoldedFlows()
    flows.fold(outward(ipv4(there, syn)))
    flows.fold(inward(ipv4(back, synAck)))
    expect(flows.end()).toMatchObject([
      { originator: '10.0.0.1', responder: '10.0.0.2', responderPort: 22, responderPackets: 1 },
    ])
  })

  it('is not counted again as sent twice when it is also seen bare', () => {
    const flows = new FoldedFlows()
    for (const wrap of [outward, (inner: LinkPayload) => inner]) {
      flows.fold(wrap(ipv4(there, syn)))
      flows.fold(wrap(ipv4(there, tcp({ sequence: 2, destinationPort: 22, payload: 'hi' }))))
    }
    const ended = flows.end()
    expect(ended).toHaveLength(2)
    expect(ended.map(({ retransmissions }) => retransmissions)).toEqual([0, 0])
    expect(new Set(ended.map(({ communityId }) => communityId)).size).toBe(1)
  })

  it('is refused by an error that came through the tunnel', () => {
    const flows = new FoldedFlows()
    const probe = ipv4(there, udp({ destinationPort: 161 }))
    flows.fold(outward(probe))
    flows.fold(inward(ipv4(back, icmp({ type: 3, code: 3, payload: probe.bytes }))))
    expect(flows.kinds).toEqual(['opened', 'opened', 'answered'])
  })

  it('keeps its ports in later fragments, inside a bridged frame as well', () => {
    const flows = new FoldedFlows()
    const whole = udp({ destinationPort: 53, payload: 'x'.repeat(100) })
    const bridge = (inner: LinkPayload): LinkPayload => ipv4(there, vxlan(ethernet(inner)))
    flows.fold(bridge(ipv4({ ...back, moreFragments: true, slice: [0, 64] }, whole)))
    flows.fold(bridge(ipv4({ ...back, fragmentOffset: 64, slice: [64, 108] }, whole)))
    expect(flows.end()).toMatchObject([{ responderPort: 53, originatorPackets: 2 }])
  })
})
