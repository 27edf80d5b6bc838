import { describe, expect, it } from 'vitest'
import { ToldFlows } from '../../../src/detect/index.ts'
import { addressKey } from '../../../src/flow/index.ts'
import { detection } from '../../support/detection/detections.ts'
import { liveFlow, unansweredSyn } from '../../support/detection/live-flow.ts'

const SCANNER = 0xc0000207 // 192.0.2.7
const VICTIM = 0x0a000005 // 10.0.0.5
const toldUs = detection().lastSeenUs
const probe = { ...unansweredSyn(), originatorKey: SCANNER, responderKey: VICTIM, startUs: toldUs }
const syn = (changes = {}) => liveFlow({ ...probe, ...changes })

describe('ToldFlows', () => {
  it('covers nothing before a story is told, and keeps so many of each party', () => {
    const told = new ToldFlows(2)
    expect(told.covers(syn())).toBe(false)
    told.tell(detection())
    expect([syn(), syn(), syn(), syn()].map((flow) => told.covers(flow))).toEqual([
      ...[false, false, true, true],
    ])
  })

  it.each([
    ['answers with content', { responderPayloadBytes: 21 }],
    ['long flows', { originatorPackets: 9 }],
    ['ports that were found open', { responderPackets: 1, responderTcpFlags: 0x12 }],
    ['other hosts', { originatorKey: SCANNER + 1 }],
    ['what came long after', { startUs: toldUs + 3600e6 }],
  ])('never covers %s', (_, changes) => {
    const told = new ToldFlows(0)
    told.tell(detection())
    expect(told.covers(syn())).toBe(true)
    expect(told.covers(syn(changes))).toBe(false)
  })

  it('covers a forged flood by its victim, answered or not', () => {
    const told = new ToldFlows(0)
    told.tell(detection({ kind: 'flood.syn', family: 'flood', attacker: null }))
    const answered = { originatorKey: 1, responderPackets: 2, responderTcpFlags: 0x12 }
    expect(told.covers(syn(answered))).toBe(true)
  })

  it('covers the answers of a reflection by their victim', () => {
    const told = new ToldFlows(0)
    told.tell(detection({ kind: 'amplification.snmp', family: 'amplification', attacker: null }))
    expect(told.covers(syn({ originatorKey: 1 }))).toBe(true)
  })

  it.each(['bruteforce', 'anomaly', 'health'] as const)(
    'leaves the flows of %s alone',
    (family) => {
      const told = new ToldFlows(0)
      told.tell(detection({ family }))
      expect(told.covers(syn())).toBe(false)
    },
  )

  it('knows IPv6 parties too', () => {
    const told = new ToldFlows(0)
    told.tell(detection({ attacker: '2001:db8::7' }))
    const originatorKey = addressKey(6, [0x20010db8, 0, 0, 7])
    expect(told.covers(syn({ originatorKey }))).toBe(true)
    expect(told.covers(syn())).toBe(false)
  })

  it('forgets the party told of longest ago when it holds too many', () => {
    const told = new ToldFlows(0)
    told.tell(detection())
    for (let n = 0; n < 4096; n += 1) {
      told.tell(detection({ attacker: `10.1.${n >> 8}.${n & 255}` }))
    }
    expect(told.covers(syn())).toBe(false)
  })
})
