import { describe, expect, it } from 'vitest'
import { Extractor, FEATURES, FEATURE_COUNT, FEATURE_NAMES } from '../../../src/feature/index.ts'
import type { LiveFlow } from '../../../src/flow/flow.ts'
import { TcpFlag } from '../../../src/net/protocol.ts'
import { liveFlow, unansweredSyn } from '../../support/detection/live-flow.ts'

function vectorOf(extractor: Extractor, flow: LiveFlow): Record<string, number> {
  const row = new Float64Array(FEATURE_COUNT)
  extractor.extract(flow, row)
  return Object.fromEntries(
    FEATURES.map(({ name, scale }, index) => [
      name,
      scale === 'log1p' ? Math.expm1(row[index]!) : row[index]!,
    ]),
  )
}

function seen(extractor: Extractor, flow: LiveFlow): LiveFlow {
  extractor.flowOpened(flow)
  if (flow.responderPackets > 0) extractor.flowAnswered(flow)
  return flow
}

describe('Extractor', () => {
  it('measures an ordinary flow in the order of the feature list', () => {
    const extractor = new Extractor()
    const vector = vectorOf(extractor, seen(extractor, liveFlow()))
    const expected: Record<string, number> = {
      duration: 500, originatorPackets: 8, responderPackets: 10, originatorPayload: 800,
      responderPayload: 8500, originatorPayloadShare: 800 / 9300, originatorPayloadPerPacket: 100,
      responderPayloadPerPacket: 850, openingPayload: 0, packetSizeMean: 560,
      packetSizeDeviation: 420, gapMean: 29, gapMax: 120, gapVariation: 30 / 29, isTcp: 1, isUdp: 0,
      handshakeCompleted: 1, isUnanswered: 0, isRefused: 0, opensOddly: 0, opensMidway: 0,
      originatorReset: 0, responderReset: 0, closedInOrder: 1, retransmissionShare: 0,
      handshakeRtt: 12, originatorOpened10s: 1, originatorPorts10s: 1, originatorPeers10s: 1,
      originatorOpened60s: 1, originatorPorts60s: 1, originatorPeers60s: 1, originatorFailed60s: 0,
      responderOpened10s: 1, responderOpened60s: 1, responderPorts60s: 1, responderPeers60s: 1,
      responderFailed60s: 0,
    } // prettier-ignore
    expect(Object.keys(expected)).toEqual(FEATURE_NAMES)
    for (const name of FEATURE_NAMES) expect(vector[name], name).toBeCloseTo(expected[name]!, 6)
  })

  it('shows a port scan in the windows of both hosts', () => {
    const extractor = new Extractor()
    let last = unansweredSyn()
    for (let port = 1; port <= 200; port += 1) {
      last = unansweredSyn({ responderPort: port, startUs: 1e15 + port * 1000 })
      extractor.flowOpened(last)
    }
    const vector = vectorOf(extractor, last)
    expect(vector['originatorOpened10s']).toBeCloseTo(200)
    expect(vector['originatorPorts60s']).toBeGreaterThan(175)
    expect(vector['originatorPeers60s']).toBeCloseTo(1)
    expect(vector['originatorFailed60s']).toBe(1)
    expect(vector['responderPorts60s']).toBeGreaterThan(175)
    expect(vector['isUnanswered']).toBe(1)
  })

  it('counts a refusal as a failed opening, not as an answer', () => {
    const extractor = new Extractor()
    const refused = unansweredSyn({
      state: 'REJ',
      responderPackets: 1,
      responderTcpFlags: TcpFlag.RST | TcpFlag.ACK,
    })
    const vector = vectorOf(extractor, seen(extractor, refused))
    expect(vector).toMatchObject({ isRefused: 1, responderReset: 1, originatorFailed60s: 1 })
  })

  it.each([
    ['NULL', 0, { opensOddly: 1, opensMidway: 0 }],
    ['FIN', TcpFlag.FIN, { opensOddly: 1, opensMidway: 0 }],
    ['XMAS', TcpFlag.FIN | TcpFlag.PSH | TcpFlag.URG, { opensOddly: 1, opensMidway: 0 }],
    ['SYN+FIN', TcpFlag.SYN | TcpFlag.FIN, { opensOddly: 1, opensMidway: 0 }],
    ['SYN with ECN', TcpFlag.SYN | TcpFlag.ECE | TcpFlag.CWR, { opensOddly: 0, opensMidway: 0 }],
    ['ACK', TcpFlag.ACK, { opensOddly: 0, opensMidway: 1 }],
  ])('tells how a flow that begins with %s opens', (_name, openingTcpFlags, expected) => {
    expect(vectorOf(new Extractor(), unansweredSyn({ openingTcpFlags }))).toMatchObject(expected)
  })

  it('does not know addresses and ports: the same behaviour elsewhere gives the same vector', () => {
    const here = new Extractor()
    const there = new Extractor()
    const elsewhere = { originatorKey: 2 ** 32 + 77, responderKey: 3232235777, originatorPort: 5, responderPort: 9999, startUs: 5, lastUs: 500_005 } // prettier-ignore
    expect(vectorOf(there, seen(there, liveFlow(elsewhere)))).toEqual(
      vectorOf(here, seen(here, liveFlow())),
    )
  })

  it('stays finite whatever the flow claims', () => {
    const numbers = [Number.NaN, Infinity, -Infinity, -1, 0, 2 ** 53]
    const extractor = new Extractor()
    for (const number of numbers) {
      const wild = Object.fromEntries(
        Object.entries(liveFlow()).map(([key, value]) => [key, typeof value === 'number' ? number : value]),
      ) as unknown as LiveFlow // prettier-ignore
      extractor.flowOpened(wild)
      extractor.flowAnswered(wild)
      const row = new Float64Array(FEATURE_COUNT)
      extractor.extract(wild, row)
      expect(row.every(Number.isFinite), `all fields ${number}`).toBe(true)
    }
  })

  it('has a name, unit, definition and source for every feature, none twice', () => {
    expect(new Set(FEATURE_NAMES).size).toBe(FEATURE_COUNT)
    for (const feature of FEATURES) {
      expect(feature.definition.length).toBeGreaterThan(10)
      expect(feature.source).not.toBe('')
    }
  })
})
