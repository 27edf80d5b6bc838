/** The heartbeat: what a SIEM needs to know that the agent lives and that nothing is missing. */
import { grouped } from '../../core/text/amount.ts'
import { rfc3339FromUs } from '../../core/clock.ts'
import { uuidv7 } from '../../core/uuid.ts'
import { WHOLE_HOST } from '../../health/index.ts'
import type { Event } from '../../record/event.ts'

/** The kind of event that a heartbeat is. */
export const HEARTBEAT = 'health.heartbeat'

/** The name under which it tells the newest row of the audit trail. */
export const AUDIT_HEAD = 'auditHead'

/** What is the same for every sink. */
export interface AgentFacts {
  readonly version: string
  readonly uptimeSeconds: number
  /** The newest row of the audit trail: with it the SIEM can tell a trail that was cut off or rewritten. */
  readonly auditHead: { readonly id: number; readonly hash: string }
  /** What was dropped or left undone since the start, by the name of each counter. */
  readonly counters: Readonly<Record<string, number>>
}

/** What is told of the sink that it goes through; counters since the start, but for what the record counts. */
export interface DeliveryFacts {
  readonly lastSent: number
  readonly lastSequence: number
  readonly sent: number
  readonly withheld: number
  readonly heldBack: number
  readonly rejected: number
  readonly lost: number
  readonly replaced: number
}

/**
 * Makes the heartbeat of one sink at one moment.
 *
 * It is not in the log: it would differ from sink to sink, half a million a year would crowd out what happened,
 * and one that comes late says nothing. So it takes no number: `sequence` repeats that of the last event that
 * the sink was sent, which `previousSequence` names too.
 */
export function heartbeat(
  agent: AgentFacts,
  delivery: DeliveryFacts,
  { agentId, nowMs }: { readonly agentId: string; readonly nowMs: number },
): Event {
  const { version, uptimeSeconds, auditHead, counters } = agent
  const { lastSent, lastSequence, ...counted } = delivery
  const told = { ...{ lastSent, lastSequence }, ...counted }
  const measured = Object.entries({
    // First, so that the shortest message has it; as `picket audit verify --head` takes it.
    ...{ [AUDIT_HEAD]: `${auditHead.id}:${auditHead.hash}`, ...told },
    ...{ version, uptimeSeconds, ...counters },
  })
  const now = rfc3339FromUs(nowMs * 1000)
  const upTo = lastSent === 0 ? 'nothing sent here yet' : `sent here up to ${grouped(lastSent)}`
  return {
    ...{ id: uuidv7(nowMs), sequence: lastSent, revision: 1, previousSequence: lastSent },
    ...{ agent: agentId, interface: WHOLE_HOST, kind: HEARTBEAT, family: 'health' },
    ...{ severity: 0, confidence: 1, verdict: 'allow', simulated: false, decision: 'a heartbeat' },
    ...{ attacker: null, victims: [], host: null, domain: null },
    ...{ firstSeen: now, lastSeen: now, count: 1 },
    summary: `Picket ${version} is alive, ${upTo} of ${grouped(lastSequence)}`,
    reasons: measured.map(([feature, value]) => {
      return { feature, value, baseline: null, weight: 0 }
    }),
    ...{ detectors: ['agent'], mitre: [], flows: [], incident: null, process: null },
  }
}
