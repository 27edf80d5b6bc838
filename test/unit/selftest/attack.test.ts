import { describe, expect, it } from 'vitest'
import { validateConfig } from '../../../src/config/index.ts'
import { Decoder } from '../../../src/decode/index.ts'
import { Packet } from '../../../src/decode/packet.ts'
import { ATTACKER, scanFrames, scannedPorts, VICTIM } from '../../../src/selftest/attack.ts'
import { provokeDetection } from '../../../src/selftest/index.ts'
import { createSensor } from '../../../src/sensor/sensor.ts'

const config = validateConfig({}, 'defaults')
const NOW_US = Date.parse('2026-01-05T10:00:00Z') * 1000

function provoke(portScan: Partial<typeof config.detect.portScan>) {
  const detect = { ...config.detect, portScan: { ...config.detect.portScan, ...portScan } }
  const makeStages = (onDetection: Parameters<Parameters<typeof provokeDetection>[2]>[0]) =>
    createSensor({
      ...{ flow: config.flow, detect, onDetection, flows: null, flowsPerStory: null },
      ...{ models: { isolationForest: null, randomForest: null } },
      onModelLearned: () => undefined,
    })
  return provokeDetection('0198-self-test', detect, makeStages, NOW_US)
}

describe('the crafted attack', () => {
  it('is frames that the decoder finds nothing wrong with, ending now', () => {
    const decoder = new Decoder()
    const packet = new Packet()
    const seen = [...scanFrames(3, NOW_US)].length
    expect(seen).toBe(6)
    const ends: string[] = []
    let lastUs = 0
    for (const frame of scanFrames(3, NOW_US)) {
      decoder.decode(frame, packet)
      ends.push(`${packet.sourcePort}-${packet.destinationPort}`)
      expect(frame.timestampUs).toBeGreaterThan(lastUs)
      lastUs = frame.timestampUs
    }
    expect(ends).toEqual(['40066-1', '1-40066', '40066-2', '2-40066', '40066-3', '3-40066'])
    const { none, ...faults } = decoder.malformedCounts()
    expect(none).toBe(6)
    expect(Object.values(faults).every((count) => count === 0)).toBe(true)
    expect(lastUs).toBeLessThanOrEqual(NOW_US)
  })

  it('tries enough ports for whatever a host calls a scan', () => {
    expect(scannedPorts({ ...config.detect.portScan, minPorts: 500 })).toBe(1500)
    expect(scannedPorts({ ...config.detect.portScan, minPorts: 65_535 })).toBe(20_000)
  })

  it('is detected, and what says so is marked and of a severity that wakes nobody', () => {
    const detection = provoke({})
    expect(detection).toMatchObject({
      ...{ kind: 'scan.vertical.syn', attacker: ATTACKER, victims: [VICTIM], count: 100 },
      ...{ selfTest: '0198-self-test', isFinal: true },
    })
    expect(detection!.severity).toBeLessThan(7)
    expect(detection!.summary).toMatch(/^Self-test, nobody attacked: 100 ports of 192\.0\.2\.66 /)
  })

  it('is detected where a host wants 500 ports for a scan', () => {
    expect(provoke({ minPorts: 500, minRawPorts: 500 })).toMatchObject({ count: 1500 })
  })

  it('is not detected where scans are not looked for', () => {
    expect(provoke({ enabled: false })).toBeNull()
  })
})
