/** The log was damaged: an event of the new one tells of the old. */
import type { Detection } from '../detect/detection.ts'
import { healthDetection } from './health-detection.ts'

/** Tells what was found when the record was opened. */
export function recordDamaged(finding: string, nowMs: number): Detection {
  return healthDetection({
    kind: 'health.record-damaged',
    severity: 7,
    summary: `${finding.charAt(0).toUpperCase()}${finding.slice(1)}`,
    ...{ fromMs: nowMs, untilMs: nowMs, count: 1, measured: { finding }, isFinal: true },
  })
}
