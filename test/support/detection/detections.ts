/** Detections for tests: a plausible scan, changed where a test cares. */
import type { Detection } from '../../../src/detect/detection.ts'

/** 2026-01-05T10:00:00Z in µs. */
export const TEN_OCLOCK_US = Date.UTC(2026, 0, 5, 10) * 1000

export function detection(changes: Partial<Detection> = {}): Detection {
  return {
    id: '019b8d2a-0000-7000-8000-000000000001',
    detector: 'port-scan',
    kind: 'scan.vertical.syn',
    family: 'scan',
    severity: 6,
    confidence: 0.97,
    attacker: '192.0.2.7',
    victims: ['10.0.0.5'],
    host: null,
    domain: null,
    firstSeenUs: TEN_OCLOCK_US,
    lastSeenUs: TEN_OCLOCK_US + 8_000_000,
    count: 1204,
    summary: '1,204 ports of 10.0.0.5 tried in 8 s, 1,196 unanswered or refused; usual is 2',
    reasons: [{ feature: 'distinctPorts60s', value: 1204, baseline: 2, weight: 0.8 }],
    mitre: ['T1046'],
    flows: [],
    isFinal: false,
    ...changes,
  }
}
