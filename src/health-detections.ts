/** Blindness is on record: what the agent could not see becomes an event like any other. */
import { uuidv7 } from './core/uuid.ts'
import type { Detection } from './detect/index.ts'
import type { SensorReport } from './sensor-messages.ts'

/** Tells of frames that were lost between two reports; null when none were. */
export function captureDropDetection(
  interfaceName: string,
  report: SensorReport,
  before: SensorReport | null,
  nowMs: number,
): Detection | null {
  const kernelDrops = (report.kernelDrops ?? 0) - (before?.kernelDrops ?? 0)
  const unreadFlows = report.droppedFlows - (before?.droppedFlows ?? 0)
  if (kernelDrops <= 0 && unreadFlows <= 0) return null
  const parts = [
    ...(kernelDrops > 0 ? [`${kernelDrops} packets were dropped by the kernel`] : []),
    ...(unreadFlows > 0 ? [`${unreadFlows} finished flows were not handed over`] : []),
  ]
  return healthDetection({
    kind: 'health.capture-drops',
    severity: 3,
    summary: `Partly blind on ${interfaceName}: ${parts.join(', ')}`,
    nowMs,
    count: Math.max(1, kernelDrops, unreadFlows),
    measured: { kernelDrops: Math.max(0, kernelDrops), droppedFlows: Math.max(0, unreadFlows) },
  })
}

/** Tells that a sensor died and that nothing is seen on its interface until it runs again. */
export function sensorFailureDetection(
  interfaceName: string,
  reason: string,
  nowMs: number,
): Detection {
  return healthDetection({
    kind: 'health.sensor-failed',
    severity: 5,
    summary: `Blind on ${interfaceName}: ${reason}`,
    nowMs,
    count: 1,
    measured: { reason },
  })
}

function healthDetection(claim: {
  readonly kind: string
  readonly severity: number
  readonly summary: string
  readonly nowMs: number
  readonly count: number
  readonly measured: Readonly<Record<string, number | string>>
}): Detection {
  const measured = Object.entries(claim.measured)
  return {
    id: uuidv7(claim.nowMs),
    detector: 'agent',
    kind: claim.kind,
    family: 'health',
    severity: claim.severity,
    confidence: 1,
    attacker: null,
    victims: [],
    host: null,
    domain: null,
    firstSeenUs: claim.nowMs * 1000,
    lastSeenUs: claim.nowMs * 1000,
    count: claim.count,
    summary: claim.summary,
    reasons: measured.map(([feature, value]) => {
      return { feature, value, baseline: 0, weight: 1 / measured.length }
    }),
    mitre: [],
    flows: [],
    isFinal: true,
  }
}
