import { describe, expect, it } from 'vitest'
import type { Detection } from '../../../src/detect/detection.ts'
import { withProcesses } from '../../../src/flow/batch/index.ts'
import type { SensorReport } from '../../../src/sensor/messages.ts'
import { faultOf, siftDetections } from '../../../src/sensor/said-by-sensor.ts'
import { detection } from '../../support/detection/detections.ts'
import { batchOf, flow, owner } from '../../support/record.ts'

const REPORT: SensorReport = {
  ...{ liveFlows: 1, maxFlows: 2, openedFlows: 3, endedFlows: 2, evictedFlows: 0, refusedFacts: 0 },
  ...{ foldedFlows: 0, forgotten: 0, frames: 9, kernelDrops: null, droppedFlows: 0 },
  malformed: { none: 8, 'tcp-truncated': 1 },
  fragments: { fragments: 0, overlapping: 0, tiny: 0, withoutPorts: 0, forgotten: 0 },
  unreadableLinks: [{ linkType: 147, frames: 1 }],
  skipped: { payloads: 0, scores: 0, records: 0, details: 0, openings: 0 },
  learning: { state: 'learning', progress: 0.5, version: null, drift: null, held: null },
  hasRandomForest: true,
  ruleHits: { 'shell-in-url': 1 },
  load: { level: 'none', sinceMs: null, why: null, cpuShare: 0.1, residentBytes: 1e8 },
}

/** The fault of a detection, changed to what a sound sensor does not send. */
const ofDetection = (changes: object): string | null =>
  siftDetections([{ ...detection(), ...changes }]).fault

const ofReport = (changes: object): string | null =>
  faultOf({ kind: 'report', report: { ...REPORT, ...changes } })

describe('what a sensor says', () => {
  it.each([
    { kind: 'running', source: 'eth0 (tcpdump)', whyRoot: null },
    { kind: 'batch', flows: batchOf(flow(), flow()).bytes, detections: [detection()] },
    { kind: 'report', report: REPORT },
    { kind: 'learned', model: '{}' },
    { kind: 'sampled', sample: '{}' },
    { kind: 'self-tested', id: 'a', detected: 'scan.vertical.syn' },
    { kind: 'ended', reason: 'the capture ended', hint: null },
  ])('is taken: $kind', (message) => {
    expect(faultOf(structuredClone(message))).toBeNull()
  })

  it.each<Partial<Detection>>([
    { attacker: '2001:db8::7', victims: ['10.0.0.5', '2001:db8::5'], host: '10.0.0.5' },
    { attacker: '02:00:00:00:00:07', victims: [] },
    { domain: 'example.org', port: 22, selfTest: 'id' },
    { evidence: { linkType: 1, packets: 1, records: new Uint8Array(60) } },
  ])('may be a detection with %o', (changes) => {
    expect(ofDetection(changes)).toBeNull()
  })

  it.each([null, 7, 'batch', [], {}, { kind: 'constructor' }, { kind: 7 }, new Map(), undefined])(
    'is refused where it is no message: %o',
    (message) => {
      expect(faultOf(message)).toMatch(/is no message$/)
    },
  )

  it.each([
    [{ attacker: '10.0.0.0/8' }, "detection.attacker is '10.0.0.0/8'"],
    [{ attacker: '010.0.0.1' }, 'attacker'],
    [{ attacker: '2001:DB8::7' }, 'attacker'],
    [{ victims: Array.from({ length: 33 }, () => '10.0.0.5') }, 'victims'],
    [{ victims: ['10.0.0.5', 7] }, 'victims'],
    [{ host: '-A' }, 'host'],
    [{ kind: 'scan|x' }, 'kind'],
    [{ family: 'nothing' }, 'family'],
    [{ severity: 11 }, 'severity is 11'],
    [{ severity: Number.NaN }, 'severity is NaN'],
    [{ confidence: '1' }, 'confidence'],
    [{ firstSeenUs: Infinity }, 'firstSeenUs'],
    [{ lastSeenUs: 9e18 }, 'lastSeenUs'],
    [{ count: -1 }, 'count'],
    [{ summary: null }, 'summary'],
    [{ summary: 'x'.repeat(100_000) }, 'summary'],
    [{ reasons: [{ feature: 'a', value: {}, baseline: null, weight: 1 }] }, 'reasons'],
    [{ reasons: {} }, 'reasons'],
    [{ port: 65_536 }, 'port'],
    [{ process: owner() }, 'process'],
    [{ evidence: { linkType: 1, packets: 1, records: 'x' } }, 'evidence'],
    [{ id: '../../etc' }, 'id'],
    [{ isFinal: 0 }, 'isFinal'],
  ])('is refused for a detection with %o', (changes, words) => {
    expect(ofDetection(changes)).toContain(words)
    expect(ofDetection(changes)).toMatch(/^detection\./)
  })

  it('loses no sound detection by one that is not', () => {
    const [first, last] = [detection({ count: 1 }), detection({ count: 2 })]
    const { sound, fault } = siftDetections([first, { ...first, victims: null }, 7, last])
    expect(sound).toEqual([first, last])
    expect(fault).toBe('detection.victims is null')
  })

  it.each([
    [{ frames: -1 }, 'report.frames is -1'],
    [{ malformed: { anything: 1 } }, 'malformed'],
    [{ malformed: { none: 'x' } }, 'malformed'],
    [{ load: null }, 'load is null'],
    [{ learning: { state: 'scoring' } }, 'learning'],
    [{ ruleHits: [] }, 'ruleHits'],
    [{ unreadableLinks: [1] }, 'unreadableLinks'],
  ])('is refused for a report with %o', (changes, words) => {
    expect(ofReport(changes)).toContain(words)
  })

  it('is refused for flows that are no batch, or name processes, which only the agent knows', () => {
    const named = withProcesses(batchOf(flow({ process: null })), [owner()]).bytes
    for (const flows of [new Uint8Array(8), 'x', named, { length: 16 }]) {
      expect(faultOf({ kind: 'batch', flows, detections: [] })).toMatch(/^batch\.flows is /)
    }
  })

  it('is told of in one short line, whatever it is', () => {
    const circular: Record<string, unknown> = { kind: 'ended', reason: null }
    circular['hint'] = circular
    const long = { kind: 'learned', model: ['a\nb'.repeat(1e6)] }
    const fault = [circular, long, { kind: 'learned', model: 1n }].map(faultOf)
    for (const words of fault) expect(words).toMatch(/^.{10,300}$/)
  })
})
