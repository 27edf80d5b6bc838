/** Audits what policy decided: an event that is blocked, would be blocked, or is blocked no longer. */
import type { AuditEntry } from '../../logs/audit-trail.ts'
import type { Event } from '../../event.ts'
import { appendAudit } from '../../sqlite/audit-chain.ts'
import type { Connection } from '../../sqlite/connection.ts'

type Decided = 'block' | 'simulated' | 'alert'

/** What the row before says of an event; null when there is none. */
export type DecisionBefore = Pick<Event, 'verdict' | 'simulated'> | null

/**
 * Prepares the auditing of decisions; to be called with every state inside the transaction that writes it.
 *
 * A row is written when a decision changes, not each time its story is told; none for plain alerts.
 */
export function decisionAuditor(
  connection: Connection,
): (event: Event, before: DecisionBefore, atMs: number) => void {
  return (event, before, atMs) => {
    const was = before === null ? 'alert' : decided(before)
    const is = decided(event)
    if (is !== was) appendAudit(connection, entryOf(event, is), atMs)
  }
}

function decided({ verdict, simulated }: Pick<Event, 'verdict' | 'simulated'>): Decided {
  if (verdict === 'block') return 'block'
  return simulated ? 'simulated' : 'alert'
}

const ACTIONS: Readonly<Record<Decided, string>> = {
  block: 'decision.block',
  simulated: 'decision.simulated',
  alert: 'decision.withdrawn',
}

function entryOf(event: Event, is: Decided): AuditEntry {
  const { kind, severity, confidence, attacker, victims, decision: why } = event
  return {
    actor: `policy:${event.detectors[0] ?? 'unknown'}`,
    action: ACTIONS[is],
    subject: event.id,
    details: { kind, severity, confidence, attacker, victims: victims.slice(0, 4), why },
  }
}
