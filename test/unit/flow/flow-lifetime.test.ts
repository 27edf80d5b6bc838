import { describe, expect, it } from 'vitest'
import { conversation, handshake } from '../../support/messages/conversation.ts'
import { FoldedFlows, START_US } from '../../support/detection/folded-flows.ts'

const talk = conversation()
const YEAR_MS = 365 * 86_400_000

describe('a flow ends', () => {
  it('15 s after its last packet when nobody answers', () => {
    const flows = new FoldedFlows()
    flows.fold(talk.tcpOut('S'), 0)
    flows.fold(talk.tcpOut('S'), 3000)
    flows.advance(17_900)
    expect(flows.ended).toEqual([])
    flows.advance(18_200)
    expect(flows.ended[0]).toMatchObject({ connState: 'S0', endReason: 'idle' })
    expect(flows.ended[0]!.endUs).toBe(START_US + 3_000_000)
    expect(flows.table.statistics.liveFlows).toBe(0)
  })

  it('60 s after its last packet when it is UDP, 300 s when it is established TCP', () => {
    const flows = new FoldedFlows()
    flows.fold(talk.udpOut())
    flows.fold(talk.udpBack())
    handshake(talk).forEach((packet) => flows.fold(packet))
    flows.advance(59_000)
    expect(flows.ended).toEqual([])
    flows.advance(60_500)
    expect(flows.ended.map(({ protocol }) => protocol)).toEqual([17])
    flows.advance(299_000)
    expect(flows.ended.length).toBe(1)
    flows.advance(300_500)
    expect(flows.ended[1]).toMatchObject({ protocol: 6, connState: 'S1', endReason: 'idle' })
  })

  it('2 s after it was closed, with the reason it was closed for', () => {
    const flows = new FoldedFlows()
    handshake(talk).forEach((packet) => flows.fold(packet))
    flows.fold(talk.tcpOut('FA'), 10)
    flows.fold(talk.tcpBack('FA'), 20)
    flows.fold(talk.tcpOut('A'), 30)
    flows.advance(1900)
    expect(flows.ended).toEqual([])
    flows.advance(2300)
    expect(flows.ended[0]).toMatchObject({
      connState: 'SF',
      endReason: 'fin',
      originatorPackets: 4,
    })
  })

  it('after half an hour all the same, and goes on as a new one with the same originator', () => {
    const flows = new FoldedFlows()
    handshake(talk).forEach((packet) => flows.fold(packet))
    for (let second = 60; second <= 1860; second += 60) {
      flows.fold(second % 120 === 0 ? talk.tcpOut('A') : talk.tcpBack('A'), second * 1000)
    }
    expect(flows.kinds).toEqual(['opened', 'answered', 'ended', 'opened', 'answered'])
    expect(flows.ended[0]).toMatchObject({ endReason: 'active-timeout', originator: '10.0.0.1' })
    flows.fold(talk.tcpBack('FA'), 1_861_000)
    flows.fold(talk.tcpOut('FA'), 1_861_000)
    expect(flows.end()[1]).toMatchObject({ originator: '10.0.0.1', connState: 'SF' })
  })

  it('with the capture', () => {
    const flows = new FoldedFlows()
    flows.fold(talk.udpOut())
    flows.fold(talk.tcpOut('S'))
    flows.fold(talk.tcpBack('RA'))
    expect(flows.end().map(({ endReason }) => endReason)).toEqual(['capture-end', 'rst'])
    expect(flows.table.statistics).toMatchObject({ liveFlows: 0, ended: 2 })
    flows.fold(talk.udpOut())
    expect(flows.table.statistics).toMatchObject({ liveFlows: 1, opened: 3 })
  })
})

describe('packet time', () => {
  it('may leap years ahead: everything is over, at once', () => {
    const flows = new FoldedFlows()
    handshake(talk).forEach((packet) => flows.fold(packet))
    flows.fold(conversation({ originatorPort: 1 }).udpOut(), 50 * YEAR_MS)
    expect(flows.ended.length).toBe(1)
    flows.advance(50 * YEAR_MS + 16_000)
    expect(flows.ended.length).toBe(2)
  })

  it('may fall years back, and flows still end in time', () => {
    const flows = new FoldedFlows()
    flows.fold(talk.udpOut(), 0)
    flows.fold(conversation({ originatorPort: 1 }).udpOut(), -50 * YEAR_MS)
    expect(flows.table.statistics).toMatchObject({ liveFlows: 2, clockSteps: 1 })
    flows.advance(-50 * YEAR_MS + 15_500)
    expect(flows.table.statistics.liveFlows).toBe(0)
  })

  it('stands still for packets that come a little late', () => {
    const flows = new FoldedFlows()
    flows.fold(talk.udpOut(), 10_000)
    for (let count = 0; count < 1000; count += 1) {
      flows.fold(conversation({ originatorPort: 1 }).udpOut(), count % 2 === 0 ? 10_000 : 9_000)
    }
    expect(flows.table.statistics).toMatchObject({ liveFlows: 2, clockSteps: 0 })
    flows.advance(25_300)
    expect(flows.table.statistics.liveFlows).toBe(0)
  })

  it('may jump to and fro without end, and nothing is lost or stuck', () => {
    const flows = new FoldedFlows()
    for (let count = 0; count < 2000; count += 1) {
      const ends = { originatorPort: 1 + (count % 500) }
      flows.fold(conversation(ends).udpOut(), (count % 2) * 100 * YEAR_MS)
    }
    flows.end()
    const { opened, ended, liveFlows } = flows.table.statistics
    expect([ended, liveFlows]).toEqual([opened, 0])
  })
})
