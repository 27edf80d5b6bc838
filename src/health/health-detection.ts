/** What every event of family health has in common: the agent speaks, of itself and its host, and accuses nobody. */
import { uuidv7 } from '../core/uuid.ts'
import type { Detection, Kind } from '../detect/detection.ts'

/** Where an event belongs that is of no single interface. */
export const WHOLE_HOST = 'host'

export interface HealthClaim {
  /** Of an earlier telling of the same story. */
  readonly id?: string
  readonly kind: Kind
  readonly severity: number
  readonly summary: string
  readonly fromMs: number
  readonly untilMs: number
  readonly count: number
  readonly measured: Readonly<Record<string, number | string>>
  readonly isFinal: boolean
}

/** Makes the detection of a claim about the agent or its host. */
export function healthDetection(claim: HealthClaim): Detection {
  const { kind, severity, summary, count, isFinal } = claim
  const measured = Object.entries(claim.measured)
  return {
    id: claim.id ?? uuidv7(claim.fromMs),
    detector: 'agent',
    kind,
    family: 'health',
    severity,
    confidence: 1,
    attacker: null,
    victims: [],
    host: null,
    domain: null,
    firstSeenUs: claim.fromMs * 1000,
    lastSeenUs: claim.untilMs * 1000,
    count: Math.max(1, count),
    summary,
    reasons: measured.map(([feature, value]) => {
      return { feature, value, baseline: 0, weight: 1 / measured.length }
    }),
    mitre: [],
    flows: [],
    isFinal,
  }
}

/** `10:00:02`, or with its date when that is not the day of `besideMs`; UTC. */
export function timeOfDay(timeMs: number, besideMs: number): string {
  const [date = '', time = ''] = new Date(timeMs).toISOString().slice(0, 19).split('T')
  return new Date(besideMs).toISOString().startsWith(date) ? time : `${date} ${time}`
}

/** `from 10:00:02 to 10:00:07`, UTC. */
export function spell(fromMs: number, untilMs: number): string {
  return `from ${timeOfDay(fromMs, untilMs)} to ${timeOfDay(untilMs, untilMs)}`
}
