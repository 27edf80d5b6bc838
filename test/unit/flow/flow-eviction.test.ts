import { describe, expect, it } from 'vitest'
import { Packet, PacketKind } from '../../../src/decode/index.ts'
import { FlowTable, type EndReason, type LiveFlow } from '../../../src/flow/index.ts'
import { conversation, handshake } from '../../support/messages/conversation.ts'
import { FLOW_DEFAULTS, FoldedFlows, START_US } from '../../support/detection/folded-flows.ts'
import { seededRandom } from '../../support/seeded-random.ts'

describe('a full table', () => {
  it('loses one-packet flows first, the oldest of them, and counts them', () => {
    const flows = new FoldedFlows({ maxFlows: 1024 })
    for (let port = 1; port <= 1024; port += 1) {
      flows.fold(conversation({ originatorPort: port }).udpOut())
      if (port <= 10) flows.fold(conversation({ originatorPort: port }).udpOut())
    }
    for (let port = 2001; port <= 2005; port += 1) {
      flows.fold(conversation({ originatorPort: port }).udpOut())
    }
    expect(flows.ended.map(({ originatorPort }) => originatorPort)).toEqual([11, 12, 13, 14, 15])
    expect(flows.ended[0]!.endReason).toBe('evicted')
    expect(flows.table.statistics).toMatchObject({ liveFlows: 1024, evicted: 5 })
  })

  it('spares established flows as long as there is a half-open one', () => {
    const flows = new FoldedFlows({ maxFlows: 1024 })
    for (let port = 1; port <= 1000; port += 1) {
      handshake(conversation({ originatorPort: port })).forEach((packet) => flows.fold(packet))
    }
    for (let port = 2001; port <= 5000; port += 1) {
      const [syn, synAck] = handshake(conversation({ originatorPort: port }))
      flows.fold(syn!)
      flows.fold(synAck!)
      // A blind guess at the handshake's last packet makes no established flow.
      flows.fold(conversation({ originatorPort: port }).tcpOut('A', { acknowledgement: 7e8 }))
    }
    expect(flows.ended.every(({ originatorPort }) => originatorPort > 2000)).toBe(true)
    expect(flows.table.statistics).toMatchObject({ liveFlows: 1024, evicted: 2976 })
  })

  it('loses an established flow only when there is no other, and then an old one', () => {
    const flows = new FoldedFlows({ maxFlows: 1024 })
    for (let port = 1; port <= 1024; port += 1) {
      handshake(conversation({ originatorPort: port })).forEach((packet) => flows.fold(packet))
    }
    flows.fold(conversation({ originatorPort: 9001 }).tcpOut('S'))
    expect(flows.ended[0]).toMatchObject({ connState: 'S1', endReason: 'evicted' })
    expect(flows.ended[0]!.originatorPort).toBeLessThan(64)
    flows.fold(conversation({ originatorPort: 9002 }).tcpOut('S'))
    expect(flows.ended[1]).toMatchObject({ originatorPort: 9001, connState: 'S0' })
  })
})

describe('flows of one packet without an answer', () => {
  it('fill a quarter of a large table, and the oldest goes for the next', () => {
    const counts = { opened: 0, ended: 0, established: 0 }
    const table = flowTableThatCounts({ counts, maxFlows: 262_144 })
    const packet = new Packet()
    establish(table, packet, 2000)
    for (let count = 0; count < 65_536 + 10; count += 1) {
      spoofedSyn(packet, () => count, START_US + count)
      packet.destinationPort = 443
      table.fold(packet)
    }
    expect(table.statistics).toMatchObject({ liveFlows: 65_536 + 2000, evicted: 10 })
    expect(counts.established).toBe(0)
  })
})

describe('a table that may not grow', () => {
  it('holds what it ever held and no more, until it may', () => {
    const flows = new FoldedFlows({ maxFlows: 4096 })
    const open = (from: number, count: number): void => {
      for (let port = from; port < from + count; port += 1) {
        flows.fold(conversation({ originatorPort: port }).udpOut())
      }
    }
    open(1, 2000)
    flows.table.mayGrow = false
    open(3001, 500)
    expect(flows.table.statistics).toMatchObject({ liveFlows: 2000, maxLive: 2000, evicted: 500 })
    flows.table.mayGrow = true
    open(5001, 500)
    expect(flows.table.statistics).toMatchObject({ liveFlows: 2500, maxLive: 4096, evicted: 500 })
  })

  it('holds a thousand flows all the same', () => {
    const flows = new FoldedFlows({ maxFlows: 4096 })
    flows.table.mayGrow = false
    for (let port = 1; port <= 1500; port += 1) {
      flows.fold(conversation({ originatorPort: port }).udpOut())
    }
    expect(flows.table.statistics).toMatchObject({ liveFlows: 1024, evicted: 476 })
  })
})

/** A SYN from a spoofed address, as decode would hand it on. */
function spoofedSyn(packet: Packet, random: (bound: number) => number, timestampUs: number): void {
  packet.kind = PacketKind.IP
  packet.ipVersion = 4
  packet.protocol = 6
  packet.ipLength = 40
  packet.tcpFlags = 2
  packet.timestampUs = timestampUs
  packet.source3 = random(2 ** 32) | 0
  packet.destination3 = 0x0a000002
  packet.sourcePort = 1 + random(65535)
  packet.destinationPort = 80
}

describe('a flood of 300,000 spoofed SYNs against 65,536 flows', () => {
  it('ends no established flow, and memory does not grow', () => {
    const counts = { opened: 0, ended: 0, established: 0 }
    const table = flowTableThatCounts({ counts })
    const random = seededRandom(3)
    const packet = new Packet()
    establish(table, packet, 2000)
    const before = process.memoryUsage().arrayBuffers
    for (let count = 0; count < 300_000; count += 1) {
      spoofedSyn(packet, random, START_US + count * 3)
      table.fold(packet)
    }
    expect(process.memoryUsage().arrayBuffers).toBeLessThanOrEqual(before)
    expect(table.statistics.liveFlows).toBe(65536)
    expect(table.statistics.evicted).toBe(counts.ended)
    expect(counts.opened).toBeGreaterThan(300_000)
    expect(counts.established).toBe(0)
  })
})

/** Makes a table that counts, among the ended, those that were established. */
function flowTableThatCounts({
  counts,
  maxFlows = FLOW_DEFAULTS.maxFlows,
}: {
  counts: { opened: number; ended: number; established: number }
  maxFlows?: number
}): FlowTable {
  const config = { ...FLOW_DEFAULTS, maxFlows }
  return new FlowTable(config, {
    flowOpened: () => void (counts.opened += 1),
    flowAnswered: () => undefined,
    flowEnded: (flow: LiveFlow, _reason: EndReason) => {
      counts.ended += 1
      if (flow.responderPackets > 0) counts.established += 1
    },
  })
}

/** Runs `count` handshakes through the table. */
function establish(table: FlowTable, packet: Packet, count: number): void {
  for (let port = 1; port <= count; port += 1) {
    spoofedSyn(packet, () => port, START_US)
    packet.tcpSequence = 100
    table.fold(packet)
    const client = packet.source3
    const clientPort = packet.sourcePort
    Object.assign(packet, { source3: 0x0a000002, destination3: client, tcpFlags: 0x12 })
    Object.assign(packet, { sourcePort: 80, destinationPort: clientPort, tcpSequence: 200 })
    table.fold(packet)
    Object.assign(packet, { source3: client, destination3: 0x0a000002, tcpFlags: 0x10 })
    Object.assign(packet, { sourcePort: clientPort, destinationPort: 80, tcpSequence: 101 })
    packet.tcpAcknowledgement = 201
    table.fold(packet)
  }
}
