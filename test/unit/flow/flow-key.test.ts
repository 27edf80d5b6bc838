import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Packet } from '../../../src/decode/index.ts'
import { FlowKey, packPorts } from '../../../src/flow/table/flow-key.ts'
import { icmpCounterpart } from '../../../src/flow/icmp-pairs.ts'
import { FLOW_DEFAULTS, START_US } from '../../support/detection/folded-flows.ts'
import { FlowTable } from '../../../src/flow/index.ts'

const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
const port = fc.integer({ min: 0, max: 65535 })

const tuple = fc.record({
  ipVersion: fc.constantFrom(4, 6),
  protocol: fc.constantFrom(6, 17, 47, 132),
  vlan: fc.integer({ min: 0, max: 4095 }),
  source: fc.tuple(word, word, word, word),
  destination: fc.tuple(word, word, word, word),
  sourcePort: port,
  destinationPort: port,
})
type Tuple = typeof tuple extends fc.Arbitrary<infer Value> ? Value : never

function packetOf(given: Tuple, isReverse: boolean): Packet {
  const packet = new Packet()
  const upper = given.ipVersion === 6 ? 1 : 0
  const [from, to] = isReverse
    ? [given.destination, given.source]
    : [given.source, given.destination]
  packet.kind = 1
  packet.timestampUs = START_US
  packet.ipLength = 40
  packet.ipVersion = given.ipVersion
  packet.protocol = given.protocol
  packet.vlan = given.vlan
  packet.source0 = from[0] * upper
  packet.source1 = from[1] * upper
  packet.source2 = from[2] * upper
  packet.source3 = from[3]
  packet.destination0 = to[0] * upper
  packet.destination1 = to[1] * upper
  packet.destination2 = to[2] * upper
  packet.destination3 = to[3]
  packet.sourcePort = isReverse ? given.destinationPort : given.sourcePort
  packet.destinationPort = isReverse ? given.sourcePort : given.destinationPort
  return packet
}

function keyOf(packet: Packet, seed = 1): FlowKey {
  const key = new FlowKey(seed)
  key.takeAddresses(packet)
  key.setPorts(packPorts(packet))
  return key
}

describe('both directions', () => {
  it('have the same hash, and each is the other swapped', () => {
    fc.assert(
      fc.property(tuple, (given) => {
        const there = keyOf(packetOf(given, false))
        const back = keyOf(packetOf(given, true))
        expect(back.hash).toBe(there.hash)
        back.swap()
        expect({ ...back }).toEqual({ ...there })
      }),
    )
  })

  it('are one flow in the table', () => {
    fc.assert(
      fc.property(tuple, fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }), (given, turns) => {
        const quiet = (): void => undefined
        const observer = { flowOpened: quiet, flowAnswered: quiet, flowEnded: quiet }
        const table = new FlowTable({ ...FLOW_DEFAULTS, maxFlows: 1024 }, observer)
        for (const isReverse of turns) table.fold(packetOf(given, isReverse))
        expect(table.statistics.opened).toBe(1)
      }),
      { numRuns: 60 },
    )
  })

  it('meet for every ICMP message that has an answer, and for no other', () => {
    for (const protocol of [1, 58]) {
      for (let type = 0; type < 256; type += 1) {
        const counterpart = icmpCounterpart(protocol, type)
        const ask = icmpPacket(protocol, type, [1, 2])
        const answer = icmpPacket(protocol, counterpart < 0 ? type : counterpart, [2, 1])
        const there = keyOf(ask)
        const back = keyOf(answer)
        back.swap()
        expect(back.ports === there.ports, `${protocol}/${type}`).toBe(counterpart >= 0)
      }
    }
  })
})

describe('the hash', () => {
  it('depends on the seed, so that nobody outside can aim at a bucket', () => {
    const packet = icmpPacket(6, 80, [1, 2])
    expect(keyOf(packet, 1).hash).not.toBe(keyOf(packet, 2).hash)
  })

  it('spreads addresses and ports that count upwards evenly', () => {
    const buckets = new Uint16Array(4096)
    const packet = icmpPacket(6, 80, [1, 2])
    for (let count = 0; count < 65536; count += 1) {
      packet.source3 = 0x0a000000 + (count >>> 8)
      packet.sourcePort = count & 255
      buckets[keyOf(packet).hash & 4095]! += 1
    }
    // 16 a bucket on average; a Poisson tail of 60 has a chance below 1e-15.
    expect(Math.max(...buckets)).toBeLessThan(60)
  })
})

function icmpPacket(protocol: number, type: number, [from, to]: readonly [number, number]): Packet {
  const packet = new Packet()
  packet.ipVersion = 4
  packet.protocol = protocol
  packet.source3 = from
  packet.destination3 = to
  packet.sourcePort = type
  packet.destinationPort = protocol === 6 ? 443 : 0
  packet.icmpIdentifier = 0x1234
  return packet
}
